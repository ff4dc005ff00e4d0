// rclone-sdk drives a daemon: node sdk.mjs URL GUARDED-URL FOLDER
// Behind GUARDED-URL is a daemon that wants user "user" and password "secret word". FOLDER is empty.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import createRCDClient from "rclone-sdk";

const LIMIT = 60_000; // milliseconds for a job to end; generous because of ThreadSanitizer
const POLL = 50; // milliseconds

const [url, guardedUrl, folder] = process.argv.slice(2);
const rcd = createRCDClient({ baseUrl: url });
const source = join(folder, "source");
mkdirSync(join(source, "inner"), { recursive: true });
writeFileSync(join(source, "one"), "1".repeat(1000));
writeFileSync(join(source, "inner", "two"), "2".repeat(500));

// The reply to a call that must succeed.
async function call(path, body = {}) {
  const { data, error, response } = await rcd.POST(path, { body });
  assert.equal(response.status, 200, JSON.stringify(error));
  return data;
}

// The error object of a call that must fail.
async function failure(path, body = {}) {
  const { data, error, response } = await rcd.POST(path, { body });
  assert.equal(data, undefined);
  assert.equal(error.status, response.status);
  return error;
}

// The id of a job that was begun in the background.
async function start(path, body) {
  const { data, error, response } = await rcd.ASYNC(path, { body });
  assert.equal(response.status, 202, JSON.stringify(error));
  assert.equal(response.headers.get("Preference-Applied"), "respond-async");
  return data.jobid;
}

// What is told of the job, once the condition holds.
async function told(jobid, condition) {
  const end = Date.now() + LIMIT;
  for (;;) {
    const status = await call("/job/status", { jobid });
    if (await condition(status)) return status;
    assert.ok(Date.now() < end, `too late: ${JSON.stringify(status)}`);
    await pause(POLL);
  }
}

const finished = (jobid) => told(jobid, (status) => status.finished);

test("the version has its parts", async () => {
  const { version, decomposed, os, isGit } = await call("/core/version");

  assert.match(version, /^v\d+\.\d+\.\d+$/);
  assert.deepEqual(decomposed, version.slice(1).split(".").map(Number));
  assert.deepEqual([os, isGit], ["linux", false]);
});

test("a remote is made, found, changed, used and removed", async () => {
  assert.deepEqual(await rcd.configCreate({ name: "mine", type: "alias", parameters: { remote: "/nowhere" } }), {});
  assert.deepEqual((await call("/config/listremotes")).remotes, ["mine"]);
  await rcd.configUpdate({ name: "mine", parameters: { remote: source } });
  assert.deepEqual(await call("/config/get", { name: "mine" }), { type: "alias", remote: source });
  assert.deepEqual(await call("/config/dump"), { mine: { type: "alias", remote: source } });
  assert.deepEqual((await call("/operations/list", { fs: "mine:inner", remote: "" })).list.map((item) => item.Name), ["two"]);

  await call("/config/delete", { name: "mine" });

  assert.deepEqual((await call("/config/listremotes")).remotes, []);
});

test("a folder is listed by a body and by a query", async () => {
  const { list } = await call("/operations/list", { fs: source, remote: "", opt: { recurse: true, hashTypes: ["md5"] } });
  const { data } = await rcd.POST("/operations/list", { params: { query: { fs: source, remote: "", opt: '{"recurse": true}' } } });

  const shown = (items) => items.map(({ Path, Size, IsDir }) => [Path, IsDir ? "folder" : Size]).sort();
  assert.deepEqual(shown(list), [["inner", "folder"], ["inner/two", 500], ["one", 1000]]);
  assert.deepEqual(shown(data.list), shown(list));
  assert.match(list.find((item) => item.Path === "one").Hashes.md5, /^[0-9a-f]{32}$/);
});

test("a copy runs in the background, is polled, and tells what it did", async () => {
  const jobid = await start("/sync/copy", { srcFs: source, dstFs: join(folder, "copy") });

  const status = await finished(jobid);

  assert.deepEqual([status.id, status.success, status.error, status.output], [jobid, true, "", {}]);
  assert.deepEqual(readdirSync(join(folder, "copy")).sort(), ["inner", "one"]);
  assert.deepEqual(readFileSync(join(folder, "copy/inner/two")), readFileSync(join(source, "inner/two")));
  const stats = await call("/core/stats", { group: `job/${jobid}` });
  assert.deepEqual([stats.bytes, stats.transfers, stats.errors, stats.transferring], [1500, 2, 0, undefined]);
  const { transferred } = await call("/core/transferred", { group: `job/${jobid}` });
  assert.deepEqual(transferred.map(({ name, what, error }) => [name, what, error]).sort(),
    [["inner/two", "transferring", ""], ["one", "transferring", ""]]);
  assert.ok((await call("/core/group-list")).groups.includes(`job/${jobid}`));
  assert.ok((await call("/core/stats")).bytes >= 1500);
});

test("a copy that runs is seen and stopped", async () => {
  const large = join(folder, "large");
  mkdirSync(large);
  writeFileSync(join(large, "file"), Buffer.alloc(32 << 20));
  await call("/core/bwlimit", { rate: "256k" });
  const jobid = await start("/sync/copy", { srcFs: large, dstFs: join(folder, "slow"), _group: "slow" });

  await told(jobid, async () => (await call("/core/stats", { group: "slow" })).bytes > 0);
  const [transfer] = (await call("/core/stats", { group: "slow" })).transferring;
  assert.deepEqual([transfer.name, transfer.size, transfer.group], ["file", 32 << 20, "slow"]);
  assert.ok((await call("/job/list")).runningIds.includes(jobid));
  await call("/job/stop", { jobid });

  const status = await finished(jobid);
  assert.deepEqual([status.success, status.error], [false, "context canceled"]);
  assert.deepEqual(readdirSync(join(folder, "slow")), []);
  await call("/core/bwlimit", { rate: "off" });
});

test("a job that fails says why", async () => {
  const status = await finished(await start("/sync/copy", { srcFs: join(folder, "nowhere"), dstFs: join(folder, "copy") }));

  assert.equal(status.success, false);
  assert.match(status.error, /directory not found/);
});

test("errors have their status, reason, path and input", async () => {
  const nowhere = join(folder, "nowhere");
  const missing = await failure("/operations/list", { fs: nowhere, remote: "" });
  assert.deepEqual(missing, { error: "error in ListJSON: directory not found", input: { fs: nowhere, remote: "" },
    path: "operations/list", status: 404 });
  assert.deepEqual(await failure("/operations/size"),
    { error: 'Didn\'t find key "fs" in input', input: {}, path: "operations/size", status: 400 });
  assert.deepEqual(await failure("/no/such/command"),
    { error: 'couldn\'t find method "no/such/command"', input: {}, path: "no/such/command", status: 404 });
  assert.equal((await failure("/rc/error", { a: 1 })).status, 500);
  assert.equal((await failure("/job/status", { jobid: 987654 })).error, "job not found");
  await assert.rejects(rcd.configCreate({ name: "x", type: "potato" }),
    { error: 'couldn\'t find backend for type "potato"', status: 500 });
});

test("several commands go in one call", async () => {
  const { results } = await call("/job/batch", { inputs: [
    { _path: "rc/noop", a: 1 }, { _path: "operations/size", fs: source }, { _path: "rc/error" }] });

  assert.deepEqual(results.slice(0, 2), [{ a: 1 }, { bytes: 1500, count: 2, sizeless: 0 }]);
  assert.equal(results[2].status, 500);
});

test("a file is uploaded", async () => {
  const body = new FormData();
  body.append("file", new Blob(["uploaded text"]), "text");

  const { response } = await rcd.POST("/operations/uploadfile",
    { params: { query: { fs: folder, remote: "uploads" } }, body, bodySerializer: (form) => form });

  assert.equal(response.status, 200);
  assert.equal(readFileSync(join(folder, "uploads/text"), "utf8"), "uploaded text");
});

test("options are shown and set", async () => {
  await call("/options/set", { main: { LowLevelRetries: 7 } });

  assert.equal((await call("/options/get", { blocks: "main" })).main.LowLevelRetries, 7);
});

test("credentials are wanted and taken", async () => {
  const stranger = createRCDClient({ baseUrl: guardedUrl });
  const known = createRCDClient({ baseUrl: guardedUrl, headers: { Authorization: `Basic ${btoa("user:secret word")}` } });

  assert.equal((await stranger.POST("/core/version", { parseAs: "text" })).response.status, 401);
  assert.deepEqual((await known.POST("/rc/noopauth", { body: { a: 1 } })).data, { a: 1 });
});
