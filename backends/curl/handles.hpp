#pragma once

#include <memory>
#include <string>

#include <curl/curl.h>

/// libcurl's handles with owners.
namespace argosy::curl {

struct easy_closer {
  void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
struct multi_closer {
  void operator()(CURLM* c) const { curl_multi_cleanup(c); }
};
struct list_closer {
  void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};
struct share_closer {
  void operator()(CURLSH* s) const { curl_share_cleanup(s); }
};
struct url_closer {
  void operator()(CURLU* u) const { curl_url_cleanup(u); }
};

using easy_handle = std::unique_ptr<CURL, easy_closer>;
using multi_handle = std::unique_ptr<CURLM, multi_closer>;
using share_handle = std::unique_ptr<CURLSH, share_closer>;
using url_handle = std::unique_ptr<CURLU, url_closer>;

/// Lines that curl sends: headers, commands.
class line_list {
public:
  void add(const std::string& line) {
    if (auto* grown = curl_slist_append(list_.get(), line.c_str())) {
      static_cast<void>(list_.release());
      list_.reset(grown);
    }
  }
  curl_slist* get() const { return list_.get(); }
  void clear() { list_.reset(); }

private:
  std::unique_ptr<curl_slist, list_closer> list_;
};

} // namespace argosy::curl
