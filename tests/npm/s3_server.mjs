// An S3 server on loopback, for tests: node s3_server.mjs FOLDER BUCKET... It listens on the port that the environment names as
// S3_PORT, else on a free one.
import S3rver from "s3rver";

const [directory, ...buckets] = process.argv.slice(2);
const server = new S3rver({
  address: "127.0.0.1",
  port: Number(process.env.S3_PORT ?? 0),
  directory,
  // Buckets are named in the path, as on other servers without a domain of their own.
  vhostBuckets: false,
  configureBuckets: buckets.map((name) => ({ name })),
});
const { address, port } = await server.run();
console.log(`Serving S3 on http://${address}:${port}/`);
process.on("SIGTERM", () => server.close());
