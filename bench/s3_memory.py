#!/usr/bin/env python3
"""A small S3 server in memory, for benches: s3rver costs a machine far more than the client that is to be measured.

It speaks as much of S3 as Argosy and rclone need to copy, list and remove: buckets by their path, listings of both versions, objects with
metadata and ranges, parts, removal of many at once.  It believes every signature and keeps nothing.  One thread.

    s3_memory.py BUCKET...      serves on a free port of loopback, and says which; after SIGTERM it says how many requests of each kind it had
"""
import asyncio
import bisect
import collections
import hashlib
import json
import re
import signal
import sys
import time
import urllib.parse
from email.utils import formatdate
from xml.sax.saxutils import escape

BUFFER = 1 << 20        # bytes that may wait to be sent before more is taken from the object
REASONS = {200: "OK", 204: "No Content", 206: "Partial Content", 404: "Not Found", 416: "Range Not Satisfiable", 501: "Not Implemented"}
KEPT = ("content-type", "cache-control", "content-disposition", "content-encoding", "content-language")

class Stored:
    """An object: its pieces, and the header that belongs to it."""
    def __init__(self, pieces, tag, fields):
        self.pieces, self.size = pieces, sum(map(len, pieces))
        moment = time.time()
        self.tag = tag
        self.iso = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(moment))
        self.head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if name in KEPT or name.startswith("x-amz-meta-"))
        self.head += f'ETag: "{tag}"\r\nLast-Modified: {formatdate(moment, usegmt=True)}\r\nAccept-Ranges: bytes\r\n'

class Bucket:
    """Objects by key; the keys are sorted when somebody lists."""
    def __init__(self):
        self.objects, self.uploads, self.keys = {}, {}, None

    def put(self, key, stored):
        if key not in self.objects:
            self.keys = None
        self.objects[key] = stored

    def remove(self, key):
        if self.objects.pop(key, None) is not None:
            self.keys = None

    def page(self, prefix, delimiter, after, most):
        """Keys, common prefixes, and where the next page begins ("": there is none)."""
        if self.keys is None:
            self.keys = sorted(self.objects)
        at = bisect.bisect_left(self.keys, prefix)
        if after:
            at = max(at, bisect.bisect_right(self.keys, after))
        keys, prefixes, last = [], [], ""
        while at < len(self.keys) and self.keys[at].startswith(prefix):
            if len(keys) + len(prefixes) == most:
                return keys, prefixes, last
            key = last = self.keys[at]
            slash = key.find(delimiter, len(prefix)) if delimiter else -1
            if slash < 0:
                keys.append(key)
                at += 1
                continue
            prefixes.append(key[:slash + 1])
            at = bisect.bisect_left(self.keys, key[:slash] + chr(ord("/") + 1), at)
            last = self.keys[at - 1]
        return keys, prefixes, ""

class Server:
    """What all connections share."""
    def __init__(self, names):
        self.buckets = {name: Bucket() for name in names}
        self.requests, self.uploads = collections.Counter(), 0

def error(status, code):
    return status, "", f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{code}</Message></Error>'

def document(name, content):
    return 200, "Content-Type: application/xml\r\n", f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}>{content}</{name}>'

class Connection(asyncio.Protocol):
    """One client. A request is answered when all of it is here."""
    def __init__(self, server):
        self.server, self.transport, self.held = server, None, b""
        self.missing, self.pieces, self.md5 = 0, [], None
        self.method, self.target, self.fields = "", "", {}
        self.writable = asyncio.Event()
        self.sending = None

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(BUFFER)
        self.writable.set()

    def connection_lost(self, exc):
        if self.sending:
            self.sending.cancel()

    def pause_writing(self):
        self.writable.clear()

    def resume_writing(self):
        self.writable.set()

    def data_received(self, data):
        while data:
            if not self.missing:
                self.held += data
                end = self.held.find(b"\r\n\r\n")
                if end < 0:
                    return
                data, head, self.held = self.held[end + 4:], self.held[:end].decode("latin-1"), b""
                self.begin(head)
            piece = data if len(data) <= self.missing else data[:self.missing]
            data = data[len(piece):]
            if piece:
                self.missing -= len(piece)
                self.md5.update(piece)
                self.pieces.append(piece)
            if not self.missing:
                self.answer()

    def begin(self, head):
        first, *lines = head.split("\r\n")
        self.method, self.target, _ = first.split(" ")
        self.fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.missing, self.pieces, self.md5 = int(self.fields.get("content-length", 0)), [], hashlib.md5(usedforsecurity=False)
        if self.missing and self.fields.get("expect"):
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def answer(self):
        path, _, text = self.target.partition("?")
        bucket, _, key = urllib.parse.unquote(path[1:]).partition("/")
        query = dict(urllib.parse.parse_qsl(text, keep_blank_values=True)) if text else {}
        status, head, content = self.serve(bucket, key, query)
        size = content.size if isinstance(content, Stored) else len(content := content.encode())
        first, last = 0, size
        if status == 200 and (found := re.match(r"bytes=(\d+)-(\d*)$", self.fields.get("range", ""))) and isinstance(content, Stored):
            first, last = int(found[1]), min(size, int(found[2] or size) + 1)
            status, head = (206, head + f"Content-Range: bytes {first}-{last - 1}/{size}\r\n") if first < size else (416, head)
        body = b"" if self.method == "HEAD" or status in (204, 416) else content
        length = 0 if status in (204, 416) else last - first
        top = f"HTTP/1.1 {status} {REASONS[status]}\r\n{head}Content-Length: {length}\r\n\r\n".encode()
        if not isinstance(body, Stored):
            self.transport.write(top + body)
        elif len(body.pieces) == 1 and size <= BUFFER:
            self.transport.write(top + body.pieces[0][first:last])
        else:
            self.transport.write(top)
            self.sending = asyncio.ensure_future(self.send(body, first, last))

    async def send(self, stored, first, last):
        at = 0
        for piece in stored.pieces:
            part = memoryview(piece)[max(0, first - at):max(0, last - at)]
            at += len(piece)
            if part:
                await self.writable.wait()
                self.transport.write(part)

    # ---- what S3 does
    def serve(self, name, key, query):
        bucket = self.server.buckets.get(name)
        kind = (f"{self.method} " + ("key" if key else "bucket" if name else "service") +
                "".join(f" {word}" for word in ("uploads", "uploadId", "delete", "versioning", "location") if word in query))
        self.server.requests[kind] += 1
        if not name:
            return document("ListAllMyBucketsResult", "<Buckets>" + "".join(
                f"<Bucket><Name>{one}</Name><CreationDate>2020-01-01T00:00:00.000Z</CreationDate></Bucket>" for one in self.server.buckets) +
                "</Buckets>")
        if self.method == "PUT" and not key:
            self.server.buckets.setdefault(name, Bucket())
            return 200, "", ""
        if bucket is None:
            return error(404, "NoSuchBucket")
        handler = getattr(self, f"{self.method.lower()}_{'key' if key else 'bucket'}", None)
        return handler(bucket, key, query) if handler else error(501, "NotImplemented")

    def head_bucket(self, *_):
        return 200, "", ""

    def get_bucket(self, bucket, _, query):
        second = query.get("list-type") == "2"
        prefix, after = query.get("prefix", ""), query.get("continuation-token" if second else "marker", "")
        keys, prefixes, last = bucket.page(prefix, query.get("delimiter", ""), after, int(query.get("max-keys", 1000)))
        shown = urllib.parse.quote if query.get("encoding-type") == "url" else escape
        out = [f"<Prefix>{shown(prefix)}</Prefix><IsTruncated>{'true' if last else 'false'}</IsTruncated>"]
        if last:
            out.append(f"<{'NextContinuationToken' if second else 'NextMarker'}>{shown(last) if not second else escape(last)}"
                       f"</{'NextContinuationToken' if second else 'NextMarker'}>")
        for key in keys:
            one = bucket.objects[key]
            out.append(f"<Contents><Key>{shown(key)}</Key><LastModified>{one.iso}</LastModified><ETag>&quot;{one.tag}&quot;</ETag>"
                       f"<Size>{one.size}</Size><StorageClass>STANDARD</StorageClass></Contents>")
        out += [f"<CommonPrefixes><Prefix>{shown(one)}</Prefix></CommonPrefixes>" for one in prefixes]
        return document("ListBucketResult", "".join(out))

    def post_bucket(self, bucket, _, query):
        if "delete" not in query:
            return error(501, "NotImplemented")
        for key in re.findall(r"<Key>(.*?)</Key>", b"".join(self.pieces).decode()):
            for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
                key = key.replace(entity, char)
            bucket.remove(key)
        return document("DeleteResult", "")

    def delete_bucket(self, *_):
        return 204, "", ""

    def head_key(self, bucket, key, _):
        stored = bucket.objects.get(key)
        return (200, stored.head, stored) if stored else (404, "", "")

    def get_key(self, bucket, key, _):
        stored = bucket.objects.get(key)
        return (200, stored.head, stored) if stored else error(404, "NoSuchKey")

    def put_key(self, bucket, key, query):
        tag = self.md5.hexdigest()
        if source := self.fields.get("x-amz-copy-source"):
            name, _, old = urllib.parse.unquote(source).lstrip("/").partition("/")
            found = self.server.buckets[name].objects.get(old)
            if found is None:
                return error(404, "NoSuchKey")
            replaces = self.fields.get("x-amz-metadata-directive") == "REPLACE"
            copy = Stored(found.pieces, found.tag, self.fields if replaces else {})
            copy.head = copy.head if replaces else found.head
            bucket.put(key, copy)
            return document("CopyObjectResult", f"<ETag>&quot;{found.tag}&quot;</ETag><LastModified>{copy.iso}</LastModified>")
        if "uploadId" in query:
            bucket.uploads[query["uploadId"]][1][int(query["partNumber"])] = (self.pieces, tag)
        else:
            bucket.put(key, Stored(self.pieces, tag, self.fields))
        return 200, f'ETag: "{tag}"\r\n', ""

    def post_key(self, bucket, key, query):
        if "uploads" in query:
            self.server.uploads += 1
            bucket.uploads[str(self.server.uploads)] = (self.fields, {})
            return document("InitiateMultipartUploadResult", f"<UploadId>{self.server.uploads}</UploadId>")
        fields, parts = bucket.uploads.pop(query["uploadId"])
        whole = hashlib.md5(b"".join(bytes.fromhex(parts[number][1]) for number in sorted(parts)), usedforsecurity=False)
        tag = f"{whole.hexdigest()}-{len(parts)}"
        bucket.put(key, Stored([piece for number in sorted(parts) for piece in parts[number][0]], tag, fields))
        return document("CompleteMultipartUploadResult", f"<ETag>&quot;{tag}&quot;</ETag>")

    def delete_key(self, bucket, key, query):
        if "uploadId" in query:
            bucket.uploads.pop(query["uploadId"], None)
        else:
            bucket.remove(key)
        return 204, "", ""

async def main():
    """Serves until it is told to end."""
    loop, end = asyncio.get_running_loop(), asyncio.Event()
    shared = Server(sys.argv[1:])
    server = await loop.create_server(lambda: Connection(shared), "127.0.0.1", 0, backlog=256)
    loop.add_signal_handler(signal.SIGTERM, end.set)

    def tell():
        print(json.dumps(shared.requests), flush=True)
        shared.requests.clear()
    loop.add_signal_handler(signal.SIGUSR1, tell)
    print(f"Serving S3 on http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    await end.wait()
    tell()
    server.close()

if __name__ == "__main__":
    asyncio.run(main())
