// Writes the style sheet without the rules no page can use: trim.mjs STYLE PAGES…
import { readFileSync } from "node:fs";
import { PurgeCSS } from "purgecss";

const [style, ...pages] = process.argv.slice(2);
const [trimmed] = await new PurgeCSS().purge({
  content: pages,
  css: [{ raw: readFileSync(style, "utf8").replace(/\/\*# sourceMappingURL=.*?\*\//g, "") }],
  keyframes: true,
  safelist: {
    // Put together in templates: alert-{{ category }}.
    standard: [/^alert-(success|danger|warning|info)$/],
    // The theme is an attribute of the page, not a word in a template.
    deep: [/data-bs-theme/],
  },
});
process.stdout.write(trimmed.css);
