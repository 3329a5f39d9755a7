// Indentation comes from .editorconfig.
module.exports = {
  plugins: [require.resolve("@prettier/plugin-xml")],
  printWidth: 88,
  bracketSpacing: false,
  trailingComma: "es5",
  // Spaces are content in QWeb and in arch: never touch them
  xmlWhitespaceSensitivity: "preserve",
};
