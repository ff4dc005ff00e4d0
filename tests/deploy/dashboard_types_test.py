"""The dashboards' JSON has the types that Grafana gives its parts: npm's @grafana/schema, judged by the TypeScript compiler."""
import copy
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import npm  # noqa: E402 (after the path)
from dashboards import DASHBOARDS, load, panels_of  # noqa: E402


def first(dashboard, kind):
    return next(panel for panel in panels_of(dashboard) if panel["type"] == kind)


def spoiled(dashboard):
    """Copies of the dashboard with one mistake each: {what is wrong: dashboard}."""
    def with_change(change):
        wrong = copy.deepcopy(dashboard)
        change(wrong)
        return wrong

    return {
        "misspelt": with_change(lambda it: it.update(refesh="15s")),
        "unit": with_change(lambda it: first(it, "stat")["fieldConfig"]["defaults"].update(unit=3)),
        "legend": with_change(lambda it: first(it, "timeseries")["options"]["legend"].update(displayMode="tabel")),
        "footer": with_change(lambda it: first(it, "table")["options"]["footer"].update(fields="")),
        "place": with_change(lambda it: first(it, "stat").update(gridPos={"x": 0, "y": 0, "w": 4})),
    }


@npm.without_packages
class Types(unittest.TestCase):
    def test_the_compiler_accepts_dashboards_and_sees_mistakes(self):
        dashboards = {path.stem: load(path) for path in DASHBOARDS}
        wrong = spoiled(dashboards["argosy-leaks"])

        said = npm.ask("check_dashboards.mjs", {**dashboards, **wrong})

        self.assertEqual({name: [] for name in dashboards}, {name: said[name] for name in dashboards})
        for name in wrong:
            self.assertTrue(said[name], f"not noticed: {name}")
        self.assertEqual({*dashboards, *wrong}, set(said))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
