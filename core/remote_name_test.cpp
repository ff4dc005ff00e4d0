#include "core/remote_name.hpp"

#include <gmock/gmock.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::string error_of(std::string_view text) {
  try {
    remote_name::parse(text);
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::other) << text;
    return f.what();
  }
  return "no error";
}

TEST(remote_name, paths_are_not_remotes) {
  for (const char* text : {"/:", "/path:/to/file", "./path:/to/file", "./:colon.txt", "with/slash:",
                           "path/to/file", ".", "..", "\\backslash:", "with\\backslash:", "a,b", "a,b=x/",
                           "a,b=\"x", "a*b", " ", "-", "a/b,c:d", "*/x:y"}) {
    const auto r = remote_name::parse(text);
    EXPECT_TRUE(r.is_local_path()) << text;
    EXPECT_EQ(r.path, text);
    EXPECT_EQ(r.prefix(), "");
  }
}

TEST(remote_name, a_name_before_a_colon_is_a_remote_of_the_configuration) {
  const struct {
    const char *text, *name, *path;
  } rows[] = {
      {"remote:path", "remote", "path"},
      {"rem.ote:/p", "rem.ote", "/p"},
      {"rem ote:/p", "rem ote", "/p"},
      {"C:\\p", "C", "\\p"},
      {".:", ".", ""},
      {"..:", "..", ""},
      {".:colon.txt", ".", "colon.txt"},
      {"a+b@c-_1:", "a+b@c-_1", ""},
      {"été:x:y", "été", "x:y"},
  };
  for (const auto& row : rows) {
    const auto r = remote_name::parse(row.text);
    EXPECT_EQ(r.name, row.name);
    EXPECT_EQ(r.path, row.path);
    EXPECT_FALSE(r.inline_backend);
    EXPECT_EQ(r.prefix(), std::string{row.name} + ":");
  }
}

TEST(remote_name, a_leading_colon_names_a_backend) {
  for (const char* text : {":backend:/p", ":back.end:/p"}) {
    const auto r = remote_name::parse(text);
    EXPECT_TRUE(r.inline_backend);
    EXPECT_EQ(r.path, "/p");
    EXPECT_EQ(r.prefix() + r.path, text);
  }
}

TEST(remote_name, parameters_keep_their_order_and_lose_their_quotes) {
  EXPECT_THAT(remote_name::parse(":backend,param1:/p").parameters, ElementsAre(Pair("param1", "true")));
  EXPECT_THAT(remote_name::parse(":backend,param1=value1,param2=\"value2\",param3='value3':/p").parameters,
              ElementsAre(Pair("param1", "value1"), Pair("param2", "value2"), Pair("param3", "value3")));
  EXPECT_THAT(remote_name::parse(":backend,z.z=1,a=:path").parameters,
              ElementsAre(Pair("z.z", "1"), Pair("a", "")));
  EXPECT_THAT(remote_name::parse(":backend,param=\"with\"\"quote\":path").parameters,
              ElementsAre(Pair("param", "with\"quote")));
  EXPECT_THAT(remote_name::parse(":backend,param=''''''"
                                 ":")
                  .parameters,
              ElementsAre(Pair("param", "''")));
  EXPECT_THAT(remote_name::parse("name,url='http://h:1/,x':p").parameters,
              ElementsAre(Pair("url", "http://h:1/,x")));
  EXPECT_THAT(remote_name::parse("a,b=c/d:e").parameters, ElementsAre(Pair("b", "c/d")));
  EXPECT_THAT(remote_name::parse("a:b,c=d").parameters, IsEmpty());
}

TEST(remote_name, the_prefix_quotes_every_value_and_reads_back) {
  const auto r = remote_name::parse(":b,x=\"it's\",flag,y='a,b:c':p");
  EXPECT_EQ(r.prefix(), ":b,x='it''s',flag='true',y='a,b:c':");
  EXPECT_EQ(remote_name::parse(r.prefix() + r.path).parameters, r.parameters);
}

TEST(remote_name, refuses_what_rclone_refuses_in_its_words) {
  EXPECT_EQ(error_of(""), "can't use empty string as a path");
  EXPECT_EQ(error_of(":"), "config name needs a trailing `:`");
  EXPECT_EQ(error_of(":backend"), "config name needs a trailing `:`");
  for (const char* text : {"::", ",a=b:x", ":,a=b:x"})
    EXPECT_EQ(error_of(text), "config name can't be empty") << text;
  for (const char* text : {":/:", ":/x", "rem*ote:p", "rem#ote:p", " remote:p", "remote :p", "-a:p",
                           ":a/b:", ":a\\b:", "*,x:y", "a\xff:"}) {
    EXPECT_THAT(error_of(text), HasSubstr("config name contains invalid characters - ")) << text;
  }
  for (const char* text : {":backend,param-1=value:/p", "a,b/c:d", "a,b =c:"}) {
    EXPECT_THAT(error_of(text), HasSubstr("config parameters may only contain ")) << text;
  }
  for (const char* text :
       {":backend,param1=\"value\"x:/p", ":backend,param1=\"value\"", ":backend,param=''bad'':"}) {
    EXPECT_EQ(error_of(text), "expecting `:` or `,` or another quote after a quote") << text;
  }
  EXPECT_EQ(error_of(":backend,"), "config parameter must end with `,` or `:`");
  EXPECT_EQ(error_of(":backend,param=value"), "unquoted config value must end with `,` or `:`");
  EXPECT_EQ(error_of(":backend,param=\"value'"), "unterminated quoted config value");
  for (const char* text : {":backend,=value:", ":backend,:", ":backend,,:", "loc,:"}) {
    EXPECT_EQ(error_of(text), "config parameters can't be empty") << text;
  }
}

TEST(fs_text_from_object, puts_the_rest_into_sorted_quoted_parameters) {
  EXPECT_EQ(fs_text_from_object({{"type", "local"}, {"_root", "/tmp"}}), ":local:/tmp");
  EXPECT_EQ(fs_text_from_object({{"_name", "al"}}), "al:");
  EXPECT_EQ(fs_text_from_object({{"_name", "q"}, {"type", "w"}, {"_root", "d"}}), "q:d");
  EXPECT_EQ(fs_text_from_object({{"type", "local"}, {"b", "c"}, {"a", "it's"}, {"n", nullptr}}),
            ":local,a='it''s',b='c',n='':");
}

TEST(fs_text_from_object, needs_a_type_or_a_name) {
  for (const json& object :
       {json::object(), json{{"_root", "x"}}, json{{"type", ""}, {"_name", ""}}, json{}}) {
    try {
      fs_text_from_object(object);
      ADD_FAILURE() << object;
    } catch (const failure& f) {
      EXPECT_EQ(f.kind(), failure_kind::other);
      EXPECT_STREQ(f.what(), "couldn't find \"type\" or \"_name\" in JSON config definition");
    }
  }
}

TEST(fs_text_from_object, refuses_values_that_are_not_strings_as_a_bad_parameter) {
  const struct {
    json object;
    const char* text;
  } rows[] = {
      {{{"type", "local"}, {"nounc", true}}, "bool into Go value of type string"},
      {{{"type", 1.0}}, "number into Go value of type string"},
      {json::array({1}), "array into Go value of type configmap.Simple"},
  };
  for (const auto& row : rows) {
    try {
      fs_text_from_object(row.object);
      ADD_FAILURE() << row.object;
    } catch (const failure& f) {
      EXPECT_EQ(f.kind(), failure_kind::bad_parameter);
      EXPECT_EQ(f.what(), std::string{"Reshape failed to Unmarshal: json: cannot unmarshal "} + row.text);
    }
  }
}

TEST(fs_text_from_object, refuses_keys_that_would_end_or_begin_something_else) {
  for (const char* key : {"r:*", "a,b", "a=b", "a b", ""}) {
    try {
      fs_text_from_object({{"type", "local"}, {key, "x"}});
      ADD_FAILURE() << key;
    } catch (const failure& f) {
      EXPECT_EQ(f.kind(), failure_kind::other);
      EXPECT_STREQ(f.what(), *key == '\0'
                                 ? "config parameters can't be empty"
                                 : "config parameters may only contain `0-9`, `A-Z`, `a-z`, `_` and `.`");
    }
  }
}

TEST(check_config_name, allows_what_a_connection_string_can_name) {
  for (const char* name : {"ok.name_1 x-y", ".", "_a", "a+b", "a@b", "é", "日本"})
    EXPECT_NO_THROW(check_config_name(name)) << name;
  for (const char* name : {"bad/name", "-dash", "co:lon", "", "sta*r", "que?ry", "a b ", " a", "a,b", "a\tb",
                           "a=b", "a\xe2\x82"}) {
    EXPECT_THROW(check_config_name(name), failure) << name;
  }
}

} // namespace
} // namespace argosy
