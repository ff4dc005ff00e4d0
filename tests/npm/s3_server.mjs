// An S3 server on a free port of loopback, for tests: node s3_server.mjs FOLDER BUCKET...
import S3rver from "s3rver";

const [directory, ...buckets] = process.argv.slice(2);
const server = new S3rver({
  address: "127.0.0.1",
  port: 0,
  directory,
  // Buckets are named in the path, as on other servers without a domain of their own.
  vhostBuckets: false,
  configureBuckets: buckets.map((name) => ({ name })),
});
const { address, port } = await server.run();
console.log(`Serving S3 on http://${address}:${port}/`);
process.on("SIGTERM", () => server.close());
