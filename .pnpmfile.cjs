// The node-linux-* packages declare `os` and `cpu` as strings, which pnpm passes over; as arrays they make other
// platforms skip the package and use the Node that is already there.
const asArray = (value) => (typeof value === "string" ? [value] : value);

module.exports = {
  hooks: {
    readPackage(manifest) {
      if (manifest.name?.startsWith("node-linux-")) {
        manifest.os = asArray(manifest.os);
        manifest.cpu = asArray(manifest.cpu);
      }
      return manifest;
    },
  },
};
