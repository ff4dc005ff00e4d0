#include "backends/crypt/crypt_storage.hpp"

#include <utility>

#include "backends/crypt/crypt_session.hpp"
#include "backends/setting_values.hpp"
#include "backends/wrapping.hpp"
#include "core/go_text.hpp"
#include "core/object_path.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

storage_features features_over(const storage& inner, const crypt_options& options) {
  storage_features own;
#define ARGOSY_SET_FEATURE(name) own.name = true;
  ARGOSY_FEATURES(ARGOSY_SET_FEATURE)
#undef ARGOSY_SET_FEATURE
  own.CaseInsensitive = !options.names.directories || options.names.mode == crypt::name_mode::off;
  own.ReadMimeType = own.WriteMimeType = false; // of what is encrypted nothing is known
  own.BucketBasedRootOK = own.ChunkWriterDoesntSeek = own.DoubleSlash = own.FilterAware = own.IsLocal = false;
  own.NoMultiThreading = own.Overlay = own.SlowHash = own.SlowModTime = false;
  own.OpenChunkWriter = own.OpenWriterAt = false; // blocks are written in order
  own.ServerSideAcrossConfigs = options.server_side_across_configs;
  auto both = masked_features(own, inner.info().features);
  both.ListP = true;
  return both;
}

std::string suffix_of(const storage_request& request) {
  auto suffix = text_setting(request, "suffix", ".bin");
  if (to_lower(suffix) == "none") return {};
  if (suffix.empty() || suffix.front() != '.') {
    request.log.write(log_level::error, "crypt: bad suffix: suffix config setting should include a '.'");
    suffix.insert(0, 1, '.');
  }
  return suffix;
}

crypt_options read_options(const storage_request& request) {
  crypt_options options;
  options.names.mode = crypt::parse_name_mode(text_setting(request, "filename_encryption", "standard"));
  options.names.directories = truth_setting(request, "directory_name_encryption", true);
  options.encrypt_data = !truth_setting(request, "no_data_encryption", false);
  options.pass_bad_blocks = truth_setting(request, "pass_bad_blocks", false);
  options.strict_names = truth_setting(request, "strict_names", false);
  options.show_mapping = truth_setting(request, "show_mapping", false);
  options.server_side_across_configs = truth_setting(request, "server_side_across_configs", false);
  if (text_setting(request, "password").empty()) fail(failure_kind::other, "password not set in config file");
  const auto password = secret_setting(request, "password");
  const auto salt = secret_setting(request, "password2");
  options.names.encoding = crypt::parse_name_encoding(text_setting(request, "filename_encoding", "base32"));
  options.names.suffix = suffix_of(request);
  options.keys = crypt::derive_keys(password, salt);
  return options;
}

made_storage make_crypt(const may_block& on, const storage_request& request) {
  on.check();
  auto options = read_options(request);
  const auto remote = text_setting(request, "remote");
  if (remote.compare(0, request.name.size() + 1, request.name + ":") == 0)
    fail(failure_kind::other, "can't point crypt remote at itself - check the value of the remote setting");
  const auto make_inner = [&](const std::string& path) {
    try {
      // Without this an empty remote would mean the working folder.
      return request.make_other(remote.empty() ? remote : join_remote(remote, path));
    } catch (const failure& why) {
      throw why.within("failed to make remote " + go_quote(remote) + " to wrap");
    }
  };

  auto root = trimmed_root(request.path);
  crypt::name_cipher names{options.names, options.keys};
  const auto as_file = root.empty() ? std::string{} : names.encrypt_file(root);
  const auto as_directory = names.encrypt_directory(root);
  std::optional<std::string> file;
  made_storage inner;
  if (as_file != as_directory) {
    // What is no file is looked for as a directory, also where looking failed.
    try {
      inner = make_inner(as_file);
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
    }
  }
  if (!inner.file) inner = make_inner(as_directory);
  if (inner.file) {
    if (root.empty())
      fail(failure_kind::is_a_file, "remote " + go_quote(remote) + " to wrap is a file not a directory");
    file = leaf_of(root);
    root = parent_of(root);
  }
  return {std::make_shared<crypt_storage>(request.name, request.prefix, std::move(root),
                                          std::move(inner.made), std::move(options), request.log),
          std::move(file)};
}

storage_option choice(std::string name, std::string help, std::string default_text,
                      std::vector<storage_option::example> examples) {
  storage_option o;
  o.name = std::move(name);
  o.help = std::move(help);
  o.default_text = std::move(default_text);
  o.type = "string";
  o.examples = std::move(examples);
  return o;
}

storage_option secret(std::string name, std::string help) {
  auto o = choice(std::move(name), std::move(help), "", {});
  o.is_password = true;
  return o;
}

} // namespace

crypt_storage::crypt_storage(std::string name, std::string prefix, std::string root,
                             std::shared_ptr<storage> inner, crypt_options options, logger& log) :
    storage([&] {
      storage_info info;
      info.type = "crypt";
      info.name = std::move(name);
      info.root = std::move(root);
      info.description = "Encrypted drive '" + info.name + ":" + info.root + "'";
      info.config_text = std::move(prefix) + info.root;
      info.precision = inner->info().precision;
      info.features = features_over(*inner, options);
      return info;
    }()),
    inner_(std::move(inner)), options_(std::move(options)), log_(log) {}

std::unique_ptr<session> crypt_storage::connect(const may_block& on) const {
  return std::make_unique<crypt_session>(*this, inner_->connect(on));
}

storage_type crypt_type() {
  storage_type type;
  type.name = "crypt";
  type.description = "Encrypt/Decrypt a remote";
  type.make = make_crypt;

  auto remote =
      choice("remote",
             "The place that holds the encrypted files.\n\nUsually a remote and a folder in it, "
             "such as \"other:folder\" or \"other:bucket\"; a whole remote, \"other:\", is possible "
             "but leaves no room for anything else there.",
             "", {});
  remote.required = true;
  auto password = secret("password", "Password from which the keys are derived.");
  password.required = true;
  auto directories =
      choice("directory_name_encryption",
             "Whether names of directories are encrypted like those of files.\n\nOf no effect when "
             "filename_encryption is \"off\".",
             "true", {{"true", "Encrypt them."}, {"false", "Leave them readable."}});
  directories.type = "bool";
  auto no_data = advanced_switch("no_data_encryption", "Leave the content of files as it is.");
  no_data.examples = {{"true", "Only names are encrypted."}, {"false", "Contents are encrypted too."}};
  auto encoding = choice(
      "filename_encoding",
      "How encrypted names are written.\n\nWhich is best depends on how the remote limits the length of "
      "names "
      "and on whether it tells upper from lower case.",
      "base32",
      {{"base32", "Works everywhere; the longest names."},
       {"base64", "Shorter, for remotes that tell upper from lower case."},
       {"base32768", "Shortest for remotes that count characters, in UTF-16 or Unicode, instead of bytes."}});
  encoding.advanced = true;
  auto suffix = choice("suffix",
                       "What is added to the names of files when filename_encryption is \"off\".\n\n\"none\" "
                       "adds nothing, which helps where paths must be short.",
                       ".bin", {});
  suffix.advanced = true;

  auto mapping =
      advanced_switch("show_mapping", "Write the encrypted name of each listed file into the log.");
  mapping.hide = 2; // nobody sets this for good

  type.options = {
      std::move(remote),
      choice("filename_encryption", "How names are encrypted.", "standard",
             {{"standard", "Encrypted; nothing of a name can be seen but about how long it is."},
              {"obfuscate", "Only disguised, by exchanging characters: no protection."},
              {"off", "Readable, with a suffix."}}),
      std::move(directories),
      std::move(password),
      secret("password2", "Second password, the salt of the first.\n\nMay be left out; should differ from "
                          "the first."),
      advanced_switch(
          "server_side_across_configs",
          "Let the remote itself copy and move files between two crypt remotes.\n\nOnly useful for "
          "two that have the same passwords and stand in front of the same remote, for example to "
          "change how names are encrypted."),
      std::move(mapping),
      std::move(no_data),
      advanced_switch("pass_bad_blocks",
                      "Give zeros for blocks that were altered, instead of an error.\n\nOnly for rescuing "
                      "what is left of a damaged file."),
      advanced_switch("strict_names",
                      "Fail when a listing shows a name that cannot be decrypted.\n\nOtherwise such names "
                      "are left out, with a notice in the log."),
      std::move(encoding),
      std::move(suffix),
  };
  return type;
}

} // namespace argosy
