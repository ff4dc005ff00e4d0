#include "backends/sftp/sftp_listing.hpp"

#include <deque>
#include <utility>
#include <vector>

#include "backends/sftp/sftp_file.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

constexpr std::size_t page_entries = 16'384;
/// Parts of a directory that are asked for ahead: a server gives some hundred names at a time.
constexpr std::size_t parts_ahead = 4;
/// Links that are looked at together.
constexpr std::size_t most_links = 256;
constexpr nanoseconds second = 1'000'000'000;

sftp_file open_directory(const may_block& on, sftp_client& files, const std::string& place) {
  try {
    return {files, files.handle(on, files.send(sftp_message::opendir, place))};
  } catch (const sftp_refusal& refusal) {
    if (refusal.status() == sftp_status::no_such_file)
      fail(failure_kind::directory_not_found, "directory not found");
    throw;
  }
}

bool is_self_or_parent(std::string_view name) { return name.empty() || name == "." || name == ".."; }

class lister {
public:
  lister(const may_block& on, sftp_client& files, const sftp_directory& of, const session::page_sink& page) :
      on_(on), files_(files), of_(of), page_(page) {}

  void all() {
    const auto directory = open_directory(on_, files_, of_.place);
    const std::size_t ahead = of_.options.disable_concurrent_reads ? 1 : parts_ahead;
    std::deque<sftp_client::ticket> parts;
    bool more = true;
    while (more) {
      while (parts.size() < ahead) parts.push_back(files_.send(sftp_message::readdir, directory.handle()));
      more = files_.names(on_, parts.front(), [this](const sftp_client::name& n) { take(n); });
      parts.pop_front();
      if (links_.size() >= most_links) follow_links();
      if (entries_.size() >= page_entries) page_(std::exchange(entries_, {}));
    }
    follow_links();
    if (!entries_.empty()) page_(std::move(entries_));
  }

private:
  struct link {
    std::string name;
    sftp_client::ticket looked;
  };

  void take(const sftp_client::name& n) {
    if (is_self_or_parent(n.text)) return;
    // A name with a slash would lead elsewhere.
    if (n.text.find('/') != std::string_view::npos) return leave_out(n.text, "is not a name");
    if (n.attributes.is_directory() || n.attributes.is_regular()) return add(n.text, n.attributes);
    if (of_.options.skip_links) return;
    const auto place = (of_.place == "/" ? of_.place : of_.place + "/") + std::string{n.text};
    links_.push_back({std::string{n.text}, files_.send(sftp_message::stat, place)});
  }

  void follow_links() {
    for (auto& one : std::exchange(links_, {})) {
      try {
        const auto found = files_.attributes(on_, one.looked);
        if (found.is_directory() || found.is_regular())
          add(one.name, found);
        else
          leave_out(one.name, "is neither file nor directory");
      } catch (const sftp_refusal& refusal) {
        leave_out(one.name, refusal.what());
      }
    }
  }

  void add(std::string_view name, const sftp_attributes& a) {
    const auto modified = a.times ? a.times->second * second : 0;
    const auto size = a.size ? static_cast<std::int64_t>(*a.size) : -1;
    const auto shown = of_.options.encoding.to_standard(name);
    if (a.is_directory())
      entries_.add(shown, entry_kind::directory, -1, modified);
    else
      entries_.add(shown, entry_kind::file, size, modified);
  }

  void leave_out(std::string_view name, const char* why) {
    const auto path =
        (of_.path.empty() ? std::string{} : of_.path + "/") + of_.options.encoding.to_standard(name);
    of_.log.write(log_level::notice, path + ": left out of the listing: " + why);
  }

  const may_block& on_;
  sftp_client& files_;
  const sftp_directory& of_;
  const session::page_sink& page_;
  listing entries_;
  std::vector<link> links_;
};

} // namespace

void sftp_list(const may_block& on, sftp_client& files, const sftp_directory& of,
               const session::page_sink& page) {
  try {
    lister{on, files, of, page}.all();
  } catch (const sftp_refusal& refusal) {
    throw refusal.within("error listing " + go_quote(of.path));
  }
}

bool sftp_is_empty(const may_block& on, sftp_client& files, const std::string& place) {
  const auto directory = open_directory(on, files, place);
  bool empty = true;
  const auto look = [&](const sftp_client::name& n) { empty = empty && is_self_or_parent(n.text); };
  while (empty && files.names(on, files.send(sftp_message::readdir, directory.handle()), look)) {}
  return empty;
}

} // namespace argosy
