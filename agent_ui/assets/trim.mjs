// Writes the style sheet without the rules and variables no page can use: trim.mjs STYLE FILES…
// Files that end in .css are sheets of our own, which may use variables of the style sheet.
import { readFileSync } from "node:fs";
import { PurgeCSS } from "purgecss";

const [style, ...files] = process.argv.slice(2);
const sheets = files.filter((file) => file.endsWith(".css"));
const pages = files.filter((file) => !file.endsWith(".css"));
const ours = sheets.flatMap((sheet) => [...readFileSync(sheet, "utf8").matchAll(/var\(\s*(--[\w-]+)/g)]);
const [trimmed] = await new PurgeCSS().purge({
  content: pages,
  css: [{ raw: readFileSync(style, "utf8").replace(/\/\*# sourceMappingURL=.*?\*\//g, "") }],
  keyframes: true,
  variables: true,
  safelist: {
    // Put together in templates: alert-{{ category }}.
    standard: [/^alert-(success|danger|warning|info)$/],
    // The theme is an attribute of the page, not a word in a template.
    deep: [/data-bs-theme/],
    variables: ours.map(([, name]) => name),
  },
});
process.stdout.write(trimmed.css);
