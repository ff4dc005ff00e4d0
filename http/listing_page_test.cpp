#include "http/listing_page.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

std::vector<std::string> leaves(const listing_page& page) {
  std::vector<std::string> names;
  for (const auto& entry : page.entries) names.push_back(entry.leaf);
  return names;
}

using names = std::vector<std::string>;

TEST(listing_page, leads_back_to_every_folder_above) {
  const listing_page page{"a/b c"};

  EXPECT_EQ(page.name, "/a/b c");
  EXPECT_EQ(page.title, "Directory listing of /a/b c");
  ASSERT_EQ(page.breadcrumb.size(), 3u);
  EXPECT_EQ(page.breadcrumb[0].link, "../../");
  EXPECT_EQ(page.breadcrumb[0].text, "/");
  EXPECT_EQ(page.breadcrumb[1].link, "../");
  EXPECT_EQ(page.breadcrumb[1].text, "a");
  EXPECT_EQ(page.breadcrumb[2].link, "");
  EXPECT_EQ(page.breadcrumb[2].text, "b c");
}

TEST(listing_page, of_the_root_has_one_crumb) {
  const listing_page page{""};

  EXPECT_EQ(page.title, "Directory listing of /");
  ASSERT_EQ(page.breadcrumb.size(), 1u);
  EXPECT_EQ(page.breadcrumb[0].link, "");
}

TEST(listing_page, arranges_names_without_regard_to_case) {
  listing_page page{""};
  page.add("b", false, 1, 30);
  page.add("A", false, 2, 10);
  page.add("Ö", false, 3, 20);
  page.add("dir", true, -1, 40);
  page.add("ö2", false, 4, 50);

  page.arrange("", "");
  EXPECT_EQ(leaves(page), (names{"dir/", "A", "b", "Ö", "ö2"}));
  page.arrange("", "desc");
  EXPECT_EQ(leaves(page), (names{"ö2", "Ö", "b", "A", "dir/"}));
  page.arrange("name", "asc");
  EXPECT_EQ(leaves(page), (names{"A", "b", "dir/", "Ö", "ö2"}));
  page.arrange("size", "");
  EXPECT_EQ(leaves(page), (names{"dir/", "b", "A", "Ö", "ö2"}));
  page.arrange("time", "desc");
  EXPECT_EQ(leaves(page), (names{"ö2", "dir/", "b", "Ö", "A"}));
}

TEST(listing_page, shows_names_as_text_and_escapes_links) {
  listing_page page{"<d>"};
  page.add("\"x\"&<b>", false, 5, {});

  const auto html = page.html();

  EXPECT_NE(html.find("<a href=\"%22x%22&amp;%3Cb%3E\">&#34;x&#34;&amp;&lt;b&gt;</a>"), std::string::npos)
      << html;
  EXPECT_NE(html.find("<title>Directory listing of /&lt;d&gt;</title>"), std::string::npos) << html;
}

} // namespace
} // namespace argosy
