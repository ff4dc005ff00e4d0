"""Pages of one's own for served folders: --rc-template (rc-surface 2.8.3), beside rclone's."""
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402

# What people write: after rclone's own page, the one of Caddy that many have adapted, and a page of data.
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{{.Title}}</title>
<style>/* of the house */ a { color: {{if eq .Order "desc"}}red{{else}}#00f{{end}} }</style>
</head>
<body data-name="{{.Name}}">
{{define "row"}}<a href="{{html .URL}}" title="{{.Leaf}}"{{if .IsDir}} class="dir"{{end}}>{{html .Leaf}}</a>{{end -}}
<h1>{{range $i, $crumb := .Breadcrumb}}<a href="{{html $crumb.Link}}">{{html $crumb.Text}}</a>{{if ne $i 0}}/{{end}}{{end}}</h1>
<a href="./?sort=name&order={{if and (eq .Sort "name") (ne .Order "desc")}}desc{{else}}asc{{end}}">Name</a>
<a href="?sort={{.Sort}}&amp;x=1" onclick="sorted({{.Sort}}, '{{.Order}}')">again</a><!-- {{.Sort}} -->
<table>
{{- range .Entries}}
<tr><td>{{template "row" .}}</td>
{{- if .IsDir}}<td data-order="-1">&mdash;</td>{{else}}<td data-order="{{.Size}}"><size>{{.Size}}</size></td>{{end}}
{{- if .ModTime | afterEpoch}}<td><time datetime="{{.ModTime}}">{{.ModTime.Format "01/02/2006 03:04:05 PM -07:00"}}</time></td>{{end}}
{{- if eq .Size 5}}<td>small</td>{{else if and .IsDir (not .Size)}}<td>none</td>{{end}}</tr>
{{- else}}<tr><td>nothing</td></tr>
{{- end}}
</table>
<script>
// of the house
var sort = {{.Sort}}, names = [{{range $i, $e := .Entries}}{{if $i}}, {{end}}"{{$e.Leaf}}"{{end}}], count = {{len .Entries}};
var re = /^{{.Order}}$/g; /* done */
</script>
</body>
</html>
"""


class Templates(running.DaemonTest):
    flags = ()

    def setUp(self):
        self.folder = self.enterContext(running.tempfile.TemporaryDirectory(prefix="argosy-test-"))
        self.root = Path(self.folder, "files")
        for name in ["a.txt", "b & <c>.txt", "é+'\".html", "x:y", "sub dir/in it"]:
            trees.write(self.root / name, b"12345", 1_200_000_000 * 10 ** 9)
        (self.root / "empty").mkdir()
        self.page = self.write(PAGE)

    def write(self, text):
        path = Path(self.folder, "page.html")
        path.write_text(text)
        return str(path)

    def get(self, daemon, target):
        try:
            with urllib.request.urlopen(daemon.url + target, timeout=60) as reply:
                return reply.status, reply.headers["Content-Type"], reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read().decode()

    def both(self, page):
        """Without times, which rclone 1.60 does not show."""
        ours = self.start_daemon("--rc-serve", "--rc-template", page, "--rc-serve-no-modtime")
        peer = running.Rclone(self.folder, "--rc-no-auth", "--rc-serve", "--rc-template", page)
        self.addCleanup(peer.close)
        return ours, peer

    def test_pages_are_those_of_rclone(self):
        at = f"/%5B{self.root}%5D/"
        ours, peer = self.both(self.page)
        for target in [at, at + "?sort=size", at + "?sort=name&order=desc", at + "empty/", at + "sub%20dir/",
                       at + "?sort=" + urllib.parse.quote("\"'><script>&\\/+\t`é") + "&order=.*"]:
            with self.subTest(target):
                self.assertEqual(self.get(peer, target), self.get(ours, target))

    def test_the_page_of_all_remotes_is_made_of_it_too(self):
        Path(self.folder, "rclone.conf").write_text("[one]\ntype = memory\n\n[two]\ntype = memory\n")
        ours, peer = self.both(self.page)
        self.assertEqual(self.get(peer, "/*"), self.get(ours, "/*"))
        self.assertIn("./%5Bone:%5D/", self.get(ours, "/")[2])

    def test_functions_of_newer_releases_are_there(self):
        at = f"/%5B{self.root}%5D/"
        daemon = self.start_daemon("--rc-serve", "--rc-template", self.write(
            '{{range .Entries}}{{if hasSuffix .Leaf ".txt"}}T{{else if hasPrefix .Leaf "x"}}X{{else if contains .Leaf "+"}}+{{else}}-{{end}}'
            '{{end}}'))
        self.assertEqual("--TTX+", self.get(daemon, at)[2])

    def test_times_are_shown_as_the_template_wants_them(self):
        at = f"/%5B{self.root}%5D/sub%20dir/"
        daemon = self.start_daemon("--rc-serve", "--rc-template", self.write(
            '{{range .Entries}}{{.ModTime.UTC}} {{.ModTime.UTC.Format "Mon, 2 Jan 06 3:04 PM"}}{{end}}'))
        self.assertEqual("2008-01-10 21:20:00 &#43;0000 UTC Thu, 10 Jan 08 9:20 PM", self.get(daemon, at)[2])

    def test_times_may_be_left_out(self):
        at = f"/%5B{self.root}%5D/"
        daemon = self.start_daemon("--rc-serve", "--rc-template", self.write(
            "{{range .Entries}}{{if .ModTime | afterEpoch}}T{{else}}-{{end}}{{end}}"), "--rc-serve-no-modtime")
        self.assertEqual((200, "text/html; charset=utf-8", "------"), self.get(daemon, at))

    def test_a_page_that_cannot_be_made_is_an_error(self):
        at = f"/%5B{self.root}%5D/"
        ours, peer = self.both(self.write("{{(index .Entries 9).Leaf}}"))
        self.assertEqual((500, "text/plain; charset=utf-8", "Failed to render template.\n"), self.get(ours, at))
        self.assertEqual(self.get(peer, at), self.get(ours, at))
        self.assertIn("index out of range: 9", ours.output())
        self.assertEqual(200, self.get(ours, at + "a.txt")[0], "objects are served all the same")

    def test_a_wrong_template_ends_the_start(self):
        for text, why in [("x\n{{foo}}", 'template: index:2: function "foo" not defined'),
                          ("{{if .Sort}}<a href=\"{{end}}", "branches end in different contexts"),
                          (None, "no such file or directory")]:
            for flags in [("--rc-serve", "--rc-template"), ("--metrics-addr", "127.0.0.1:0", "--metrics-template")]:
                with self.subTest(text, flags=flags):
                    page = self.write(text) if text else self.folder + "/absent"
                    ended = subprocess.run([self.binary, "rcd", "--rc-addr", "127.0.0.1:0", "--config", "", *flags, page],
                                           stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
                    self.assertEqual(1, ended.returncode)
                    self.assertIn("failed to init server: failed to get template: ", ended.stderr)
                    self.assertIn(why, ended.stderr)


if __name__ == "__main__":
    running.main()
