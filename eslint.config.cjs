// Our JavaScript: modules in *.esm.js and *.test.js (Odoo bundles them), loose scripts else.
const js = require("@eslint/js");
const globals = require("globals");
const jsdoc = require("eslint-plugin-jsdoc");

module.exports = [
  js.configs.recommended,
  {
    files: ["**/*.js"],
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: "script",
      globals: {...globals.browser, luxon: "readonly", odoo: "readonly"},
    },
    plugins: {jsdoc},
    rules: {
      complexity: ["error", 10],
      eqeqeq: "error",
      "max-lines": ["error", 300],
      "max-lines-per-function": ["error", {max: 60, skipComments: true}],
      "no-alert": "error",
      "no-console": "error",
      "no-else-return": "error",
      "no-eval": "error",
      "no-implicit-globals": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-param-reassign": "error",
      "no-script-url": "error",
      "no-shadow": "error",
      "no-unneeded-ternary": "error",
      "no-useless-concat": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
      radix: "error",
      strict: ["error", "function"],
      "jsdoc/check-param-names": "error",
      "jsdoc/check-tag-names": "error",
      "jsdoc/check-types": "error",
    },
  },
  {
    files: ["**/*.esm.js", "**/*.test.js"],
    languageOptions: {sourceType: "module"},
    rules: {strict: "off"},
  },
  {
    // A tour is one long list of steps
    files: ["**/static/tests/**/*.js"],
    rules: {"max-lines-per-function": "off"},
  },
  {
    files: ["*.cjs"],
    languageOptions: {sourceType: "commonjs", globals: globals.node},
  },
];
