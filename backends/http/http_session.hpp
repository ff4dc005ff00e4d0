#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/http/http_storage.hpp"
#include "backends/web/connection.hpp"

namespace argosy {

class http_session final : public session {
public:
  explicit http_session(const http_storage& s);

  bool closed_by_peer() const noexcept override { return connection_.closed_by_peer(); }
  void list(const may_block& on, const std::string& directory, const page_sink& page) override;
  std::optional<object_info> stat(const may_block& on, const std::string& path) override;
  std::unique_ptr<object_source> open(const may_block& on, const std::string& path, std::int64_t offset,
                                      std::int64_t length) override;
  std::unique_ptr<object_sink> create(const may_block& on, const put_request& request) override;
  void remove(const may_block& on, const std::string& path) override;
  void make_directory(const may_block& on, const std::string& path) override;
  void remove_directory(const may_block& on, const std::string& path) override;
  void set_modified(const may_block& on, const std::string& path, nanoseconds modified) override;
  std::string hash(const may_block& on, const std::string& path, hash_type type) override;
  std::map<std::string, std::string> metadata(const may_block& on, const std::string& path) override;
  json command(const may_block& on, const std::string& name,
               const std::map<std::string, std::string>& options,
               const std::vector<std::string>& arguments) override;

private:
  class heads; // several HEAD requests at once
  web::request request_for(const http_settings& settings, const char* method, const std::string& path) const;
  std::vector<std::string> names_on_page(const may_block& on, const http_settings& settings,
                                         const std::string& directory);
  web::answer head(const may_block& on, const http_settings& settings, const std::string& path);
  std::optional<object_info> look_up(const may_block& on, const http_settings& settings,
                                     const std::string& path);

  const http_storage& storage_;
  web::connection connection_;
};

} // namespace argosy
