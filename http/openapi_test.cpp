#include "http/openapi.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "http/rc/type_notation.hpp"

namespace argosy {
namespace {

struct openapi : ::testing::Test {
  rc::command_table commands;
  json document = json::parse(openapi_document(commands, {"v1.76.0"}));

  const json& call(const std::string& path) { return document["paths"]["/" + path]["post"]; }
  const json& parameters(const std::string& name) {
    return document["components"]["schemas"][name]["properties"];
  }
};

/// Tells every `$ref` in a document.
void each_reference(const json& in, const std::function<void(const std::string&)>& use) {
  if (in.is_object() && in.contains("$ref") && in["$ref"].is_string()) use(in["$ref"].get<std::string>());
  if (in.is_structured())
    for (const auto& part : in) each_reference(part, use);
}

TEST_F(openapi, every_command_is_an_operation_with_an_id_of_its_own) {
  std::set<std::string> ids;
  for (const auto& row : commands.all()) {
    const auto& operation = call(row.path);
    EXPECT_EQ(operation["summary"], row.title) << row.path;
    EXPECT_TRUE(ids.insert(operation["operationId"].get<std::string>()).second) << row.path;
  }
  EXPECT_EQ(ids.count("coreGroupList"), 1u);
  EXPECT_EQ(document["paths"].size(), commands.all().size() + 1);
}

TEST_F(openapi, what_is_referred_to_is_there) {
  each_reference(document, [&](const std::string& reference) {
    EXPECT_EQ(reference.front(), '#');
    EXPECT_TRUE(document.contains(json::json_pointer(reference.substr(1)))) << reference;
  });
}

TEST_F(openapi, the_notation_of_every_row_can_be_read) {
  for (const auto& row : commands.all()) {
    EXPECT_NO_THROW(rc::schema_of(row.result)) << row.path;
    for (const auto& p : row.parameters) EXPECT_NO_THROW(rc::schema_of(p.type)) << row.path << " " << p.name;
  }
}

TEST_F(openapi, parameters_have_their_type_and_help) {
  const auto& check = parameters("OperationsCheckParameters");
  EXPECT_EQ(check["dstFs"]["$ref"], "#/components/schemas/Fs");
  EXPECT_EQ(check["oneWay"]["type"], "boolean");
  EXPECT_FALSE(check["oneWay"]["description"].get<std::string>().empty());
  EXPECT_EQ(document["components"]["schemas"]["OperationsCheckParameters"]["required"],
            json::array({"dstFs"}));
}

TEST_F(openapi, every_call_takes_the_shared_parameters) {
  const auto& shared = parameters("SharedParameters");
  for (const auto* name : {"_async", "_group", "_config", "_filter", "transfers", "exclude"})
    EXPECT_TRUE(shared.contains(name)) << name;
  const auto& schema = call("core/du")["requestBody"]["content"]["application/json"]["schema"]["allOf"];
  EXPECT_EQ(schema[1]["$ref"], "#/components/schemas/SharedParameters");
}

TEST_F(openapi, rights_are_those_of_the_rule_in_force) {
  EXPECT_EQ(call("core/pid")["x-needs-authentication"], true);
  EXPECT_TRUE(call("core/pid")["responses"].contains("403"));
  EXPECT_EQ(call("rc/noop")["x-needs-authentication"], false);
  EXPECT_FALSE(call("rc/noop")["responses"].contains("403"));

  const auto seed = json::parse(openapi_document(commands, {"v1.76.0", true}));
  EXPECT_EQ(seed["paths"]["/core/pid"]["post"]["x-needs-authentication"], false);
  EXPECT_EQ(seed["paths"]["/sync/copy"]["post"]["x-needs-authentication"], true);
}

TEST_F(openapi, an_upload_has_its_parameters_in_the_url) {
  const auto& upload = call("operations/uploadfile");
  EXPECT_TRUE(upload["requestBody"]["content"].contains("multipart/form-data"));
  std::set<std::string> in_url;
  for (const auto& p : upload["parameters"])
    if (p.contains("in")) in_url.insert(p["in"].get<std::string>() + " " + p["name"].get<std::string>());
  EXPECT_EQ(in_url, (std::set<std::string>{"query fs", "query remote"}));
}

TEST_F(openapi, a_stream_is_a_reply_too) {
  const auto& content = call("core/command")["responses"]["200"]["content"];
  EXPECT_TRUE(content.contains("application/json"));
  EXPECT_TRUE(content.contains("text/plain"));
}

} // namespace
} // namespace argosy
