#include "http/page_text.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

TEST(escape_html, leaves_no_way_out_of_text_or_quotes) {
  EXPECT_EQ(escape_html("a<b>&\"c'd é"), "a&lt;b&gt;&amp;&#34;c&#39;d é");
}

TEST(path_link, escapes_what_means_something_else_in_a_link) {
  EXPECT_EQ(path_link("a b?c#d%e"), "a%20b%3Fc%23d%25e");
  EXPECT_EQ(path_link("dir/é[1]*"), "dir/%C3%A9%5B1%5D%2A");
  EXPECT_EQ(path_link("a+b,c;d=e@f$g&h~i"), "a+b,c;d=e@f$g&h~i");
}

TEST(path_link, keeps_a_name_with_a_colon_from_being_a_scheme) {
  EXPECT_EQ(path_link("javascript:x"), "./javascript:x");
  EXPECT_EQ(path_link("dir/a:b"), "dir/a:b");
  EXPECT_EQ(path_link("[name:]/"), "./%5Bname:%5D/");
}

} // namespace
} // namespace argosy
