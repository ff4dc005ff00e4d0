#include "metrics/text_format.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace argosy {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily gauge(double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric m;
  m.label = std::move(labels);
  m.gauge.value = value;
  return {"g", "Help.", MetricType::Gauge, {m}};
}

std::string value_text(double value) {
  const auto text = text_format({gauge(value)});
  const auto space = text.rfind(' ');
  return text.substr(space + 1, text.size() - space - 2);
}

TEST(TextFormat, WritesHelpTypeAndSample) {
  EXPECT_EQ(text_format({gauge(3)}), "# HELP g Help.\n# TYPE g gauge\ng 3\n");
}

TEST(TextFormat, IntegersAreExactUpToTwoToThe53) {
  EXPECT_EQ(value_text(0), "0");
  EXPECT_EQ(value_text(-0.0), "0");
  EXPECT_EQ(value_text(1000000), "1000000");
  EXPECT_EQ(value_text(9007199254740991.0), "9007199254740991");
  EXPECT_EQ(value_text(9007199254740992.0), "9007199254740992");
  EXPECT_EQ(value_text(-9007199254740991.0), "-9007199254740991");
}

TEST(TextFormat, OtherValuesAreReadBackUnchanged) {
  for (double v :
       {0.1, 1.0 / 3, -2.0 / 3, 1795191669.34, 1.8446744073709552e19, 9.223372036854776e18, 1e-300, 1e308})
    EXPECT_EQ(std::stod(value_text(v)), v);
  EXPECT_EQ(value_text(0.1), "0.1");
  EXPECT_EQ(value_text(4.7101e-05), "4.7101e-05");
}

TEST(TextFormat, SpecialValuesHaveTheNamesOfTheFormat) {
  EXPECT_EQ(value_text(std::nan("")), "NaN");
  EXPECT_EQ(value_text(HUGE_VAL), "+Inf");
  EXPECT_EQ(value_text(-HUGE_VAL), "-Inf");
}

TEST(TextFormat, LabelsAndHelpAreEscaped) {
  auto f = gauge(1, {{"remote", "a\"b\\c\nd"}});
  f.help = "back\\slash \"quoted\"\nline";

  EXPECT_EQ(text_format({f}),
            "# HELP g back\\\\slash \"quoted\"\\nline\n# TYPE g gauge\ng{remote=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(TextFormat, InvalidUtf8IsReplaced) {
  const auto text = text_format({gauge(1, {{"remote", "gr\xC3\xBC\xC3n"}})});

  EXPECT_NE(text.find("{remote=\"gr\xC3\xBC\xEF\xBF\xBDn\"} 1"), std::string::npos) << text;
}

TEST(TextFormat, SeveralLabelsAreSeparatedByCommas) {
  const auto text = text_format({gauge(1, {{"a", "1"}, {"b", "2"}})});

  EXPECT_NE(text.find("\ng{a=\"1\",b=\"2\"} 1\n"), std::string::npos) << text;
}

TEST(TextFormat, FamiliesAndSamplesAreSorted) {
  auto f = gauge(2, {{"kind", "z"}});
  f.metric.push_back(gauge(1, {{"kind", "a"}}).metric[0]);
  auto first = gauge(0);
  first.name = "a";

  EXPECT_EQ(text_format({f, first}), "# HELP a Help.\n# TYPE a gauge\na 0\n"
                                     "# HELP g Help.\n# TYPE g gauge\ng{kind=\"a\"} 1\ng{kind=\"z\"} 2\n");
}

TEST(TextFormat, FamiliesWithoutSamplesAreLeftOut) {
  EXPECT_EQ(text_format({{"empty", "Help.", MetricType::Counter, {}}}), "");
}

TEST(TextFormat, SummaryHasQuantilesSumAndCount) {
  ClientMetric m;
  m.summary.sample_count = 3;
  m.summary.sample_sum = 0.75;
  m.summary.quantile = {{0, 0.125}, {0.5, 0.25}, {1, 0.375}};

  EXPECT_EQ(text_format({{"s", "Help.", MetricType::Summary, {m}}}),
            "# HELP s Help.\n# TYPE s summary\ns{quantile=\"0\"} 0.125\ns{quantile=\"0.5\"} 0.25\n"
            "s{quantile=\"1\"} 0.375\ns_sum 0.75\ns_count 3\n");
}

TEST(TextFormat, HistogramEndsWithTheUnboundedBucket) {
  ClientMetric m;
  m.label = {{"kind", "job"}};
  m.histogram.sample_count = 5;
  m.histogram.sample_sum = 12.5;
  m.histogram.bucket = {{2, 0.5}, {4, 10}};
  const std::string expected =
      "# HELP h Help.\n# TYPE h histogram\nh_bucket{kind=\"job\",le=\"0.5\"} "
      "2\nh_bucket{kind=\"job\",le=\"10\"} 4\n"
      "h_bucket{kind=\"job\",le=\"+Inf\"} 5\nh_sum{kind=\"job\"} 12.5\nh_count{kind=\"job\"} 5\n";

  EXPECT_EQ(text_format({{"h", "Help.", MetricType::Histogram, {m}}}), expected);
  m.histogram.bucket.push_back({5, HUGE_VAL});
  EXPECT_EQ(text_format({{"h", "Help.", MetricType::Histogram, {m}}}), expected);
}

TEST(TextFormat, CountersUntypedAndTimestampsAreWritten) {
  ClientMetric m;
  m.counter.value = 1.5;
  m.untyped.value = 2.5;
  m.timestamp_ms = 1700000000123;

  EXPECT_EQ(text_format({{"c_total", "Help.", MetricType::Counter, {m}}}),
            "# HELP c_total Help.\n# TYPE c_total counter\nc_total 1.5 1700000000123\n");
  EXPECT_EQ(text_format({{"u", "Help.", MetricType::Untyped, {m}}}),
            "# HELP u Help.\n# TYPE u untyped\nu 2.5 1700000000123\n");
}

} // namespace
} // namespace argosy
