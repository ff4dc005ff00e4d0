"""The Grafana dashboards are well formed: what Grafana would silently repair, or show wrongly."""
import itertools
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
from dashboards import DASHBOARDS, load, panels_of, targets_of  # noqa: E402 (after the path)

METRIC = re.compile(r"\b(?:up(?=\{)|(?:rclone|argosy|go|process|promhttp)_[\w:]+)")
COLUMNS = 24  # width of Grafana's grid

# Grafana's names of the units that these dashboards use: a misspelt one would be shown as text behind the figure.
UNITS = {"short", "bytes", "Bps", "ops", "reqps", "s", "h", "percentunit"}


def overlap(a, b):
    return (a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
            and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"])


class Shape(unittest.TestCase):
    def each(self):
        self.assertTrue(DASHBOARDS, "no dashboard found: the working directory must be the repository root")
        return map(load, DASHBOARDS)

    def test_identity(self):
        seen = set()
        for dashboard in self.each():
            self.assertEqual(39, dashboard["schemaVersion"])
            self.assertTrue(dashboard["title"])
            self.assertNotIn(dashboard["uid"], seen)
            self.assertIsNone(dashboard.get("id"), "an id belongs to one Grafana only")
            seen.add(dashboard["uid"])

    def test_panel_ids_are_unique(self):
        for dashboard in self.each():
            ids = [panel["id"] for panel in panels_of(dashboard)]
            self.assertEqual(len(ids), len(set(ids)))

    def test_titles_are_unique(self):
        for dashboard in self.each():
            titles = [panel["title"] for panel in panels_of(dashboard) if panel["type"] != "row"]
            self.assertEqual(sorted(set(titles)), sorted(titles))

    def test_panels_lie_within_the_grid_and_apart(self):
        for dashboard in self.each():
            places = [(panel["title"], panel["gridPos"]) for panel in dashboard["panels"]]
            for title, place in places:
                self.assertGreaterEqual(place["x"], 0, title)
                self.assertLessEqual(place["x"] + place["w"], COLUMNS, title)
            for (one, a), (other, b) in itertools.combinations(places, 2):
                self.assertFalse(overlap(a, b), f"{one} lies upon {other}")

    def test_every_panel_has_a_description_queries_and_a_unit(self):
        for dashboard in self.each():
            for panel in panels_of(dashboard):
                if panel["type"] != "row":
                    self.assertTrue(panel.get("description"), panel["title"])
                    self.assertTrue(panel.get("targets"), panel["title"])
                    self.assertIn(panel["fieldConfig"]["defaults"]["unit"], UNITS, panel["title"])

    def test_units_are_those_of_the_metrics(self):
        for dashboard in self.each():
            for panel, target in targets_of(dashboard):
                unit = panel["fieldConfig"]["defaults"]["unit"]
                names = set(METRIC.findall(target["expr"]))
                if "/" in target["expr"]:
                    self.assertEqual("percentunit", unit, target["expr"])
                else:
                    of_bytes = all(re.search("_bytes|_speed", name) for name in names)
                    self.assertEqual(of_bytes, unit in ("bytes", "Bps"), f"{panel['title']}: {unit}, {target['expr']}")

    def test_curves_have_legends_that_tell_them_apart(self):
        for dashboard in self.each():
            for panel in panels_of(dashboard):
                if panel["type"] == "timeseries":
                    legends = [target["legendFormat"] for target in panel["targets"]]
                    self.assertTrue(all(legends), panel["title"])
                    self.assertEqual(len(legends), len(set(legends)), panel["title"])
                    self.assertTrue(panel["options"]["legend"]["showLegend"], panel["title"])

    def test_every_query_goes_to_the_chosen_data_source_and_instances(self):
        source = {"type": "prometheus", "uid": "${datasource}"}
        for dashboard in self.each():
            for panel, target in targets_of(dashboard):
                self.assertEqual(source, panel["datasource"], panel["title"])
                self.assertEqual(source, target["datasource"], panel["title"])
                self.assert_selects(target["expr"])
            for annotation in dashboard["annotations"]["list"]:
                self.assertEqual(source, annotation["datasource"], annotation["name"])
                self.assert_selects(annotation["expr"])

    def assert_selects(self, expression):
        for selector in re.findall(METRIC.pattern + r"(\{[^}]*\})?", expression):
            self.assertIn('job=~"$job"', selector, expression)
            self.assertIn('instance=~"$instance"', selector, expression)

    def test_query_names_are_unique_within_a_panel(self):
        for dashboard in self.each():
            for panel in panels_of(dashboard):
                names = [target["refId"] for target in panel.get("targets", [])]
                self.assertEqual(len(names), len(set(names)), panel["title"])

    def test_rates_span_the_rate_interval(self):
        for dashboard in self.each():
            for _, target in targets_of(dashboard):
                for function, span in re.findall(r"\b(rate|increase|irate|delta)\([^[]*\[([^\]]*)\]", target["expr"]):
                    self.assertIn(span, ("$__rate_interval", "$__range"), target["expr"])

    def test_variables(self):
        for dashboard in self.each():
            variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
            self.assertEqual(["datasource", "job", "instance"], list(variables))
            self.assertEqual("datasource", variables["datasource"]["type"])
            self.assertEqual("prometheus", variables["datasource"]["query"])
            for name in ("job", "instance"):
                self.assertEqual("query", variables[name]["type"])
                self.assertEqual("${datasource}", variables[name]["datasource"]["uid"])
                self.assertEqual(variables[name]["definition"], variables[name]["query"]["query"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
