#include "actors/cluster/gate.hpp"

#include <fstream>
#include <iterator>
#include <thread>
#include <unordered_map>
#include <utility>

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <pthread.h>
#include <unistd.h>

#include "actors/cluster/gate_stream.hpp"
#include "actors/cluster/hello.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "metrics/cluster_probe.hpp"

namespace argosy {

namespace {

/// After an error of accept(), such as too many open files: something has to end first.
constexpr auto accept_pause = std::chrono::milliseconds(100);

} // namespace

gate::socket_end::~socket_end() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int gate::socket_end::take() { return std::exchange(descriptor_, -1); }

struct gate::implementation : std::enable_shared_from_this<gate::implementation> {
  implementation(settings all, ledger& the_book, cluster_probe& the_probe) :
      given(std::move(all)), book(the_book), probe(the_probe) {
    set_up(encryption.native_handle(), given);
    const auto [host, port] = split_address(given.listen);
    try {
      asio::ip::tcp::resolver names{io};
      const auto found =
          names.resolve(host, std::to_string(port),
                        asio::ip::resolver_base::passive | asio::ip::resolver_base::numeric_service);
      const auto endpoint = found.begin()->endpoint();
      acceptor.open(endpoint.protocol());
      acceptor.set_option(asio::socket_base::reuse_address(true));
      acceptor.bind(endpoint);
      acceptor.listen();
      address = join_address(host, acceptor.local_endpoint().port());
    } catch (const std::system_error& e) {
      fail(failure_kind::other, "--cluster-listen " + go_quote(given.listen) + ": " + e.code().message());
    }
  }

  void begin() {
    house.run = [weak = weak_from_this()](std::function<void()> step) {
      if (const auto self = weak.lock()) asio::post(self->io, std::move(step));
    };
    accept();
    in_book = book.enter(resource::thread, "cluster gate");
    thread = std::thread{[this] {
      ::pthread_setname_np(::pthread_self(), "cluster gate");
      io.run();
    }};
  }

  void end() {
    asio::post(io, [this] {
      asio::error_code ignored;
      acceptor.close(ignored);
      retry.cancel();
      ending = true;
      auto left = streams; // ending erases them
      for (auto& [id, one] : left) one->end("this node ends");
      work.reset();
    });
    if (thread.joinable()) thread.join();
  }

  std::shared_ptr<gate_stream> add() {
    const auto id = ++last;
    auto made =
        std::make_shared<gate_stream>(house, id, book.enter(resource::connection, "cluster", 0, "cluster"));
    streams.emplace(id, made);
    return made;
  }

  void accept() {
    auto next = std::make_shared<asio::ip::tcp::socket>(io);
    acceptor.async_accept(*next, [this, next](const asio::error_code& ec) {
      if (!acceptor.is_open()) return;
      if (ec) {
        retry.expires_after(accept_pause);
        return retry.async_wait([this](const asio::error_code& stopped) {
          if (!stopped) accept();
        });
      }
      if (strangers >= given.strangers) {
        probe.turned_away.Increment(); // the socket closes with this
      } else {
        const auto made = add();
        made->socket() = std::move(*next);
        made->receive();
      }
      accept();
    });
  }

  const settings given;
  listener owner;
  ledger& book;
  cluster_probe& probe;
  asio::io_context io{1};
  asio::ssl::context encryption{asio::ssl::context::tls};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::ip::tcp::acceptor acceptor{io};
  asio::steady_timer retry{io};
  std::string address;
  std::size_t strangers = 0;
  std::uint64_t last = 0;
  bool ending = false; // calls come too late
  gate_stream::house house{
      given, owner, probe, io, encryption, strangers, [this](std::uint64_t id) { streams.erase(id); }, {}};
  std::unordered_map<std::uint64_t, std::shared_ptr<gate_stream>> streams;
  ledger::entry in_book;
  std::thread thread;
};

gate::gate(settings given, ledger& book, cluster_probe& probe) :
    implementation_(std::make_shared<implementation>(std::move(given), book, probe)) {}

void gate::begin(listener owner) {
  implementation_->owner = std::move(owner);
  implementation_->begin();
}

gate::~gate() { implementation_->end(); }

const std::string& gate::address() const { return implementation_->address; }

void gate::call(const std::string& address, std::string text) {
  const auto where = split_address(address);
  asio::post(implementation_->io,
             [here = implementation_.get(), address, where, text = std::move(text)]() mutable {
               if (here->ending) return;
               here->add()->call(address, where.host, where.port, std::move(text));
             });
}

/// Stands for a stream before that is made.
class gate::pipe_to_call final : public frame_pipe {
public:
  explicit pipe_to_call(std::weak_ptr<implementation> at) : gate_(std::move(at)) {}
  void carry(std::string frame) override {
    with([frame = std::move(frame)](gate_stream& stream) mutable { stream.carry(std::move(frame)); });
  }
  void end(std::string reason) override {
    with([reason = std::move(reason)](gate_stream& stream) { stream.end(reason); });
  }
  /// To be filled on the gate's thread.
  const std::shared_ptr<std::weak_ptr<gate_stream>>& stream() const { return stream_; }

private:
  template <class Step>
  void with(Step step) {
    const auto there = gate_.lock();
    if (!there) return;
    asio::post(there->io, [stream = stream_, step = std::move(step)]() mutable {
      if (const auto one = stream->lock()) step(*one);
    });
  }
  const std::weak_ptr<implementation> gate_;
  const std::shared_ptr<std::weak_ptr<gate_stream>> stream_ = std::make_shared<std::weak_ptr<gate_stream>>();
};

std::shared_ptr<gate::frame_pipe> gate::call(const std::string& address, std::string text, frame_user user) {
  const auto where = split_address(address);
  auto pipe = std::make_shared<pipe_to_call>(implementation_);
  asio::post(implementation_->io, [here = implementation_.get(), made = pipe->stream(), address, where,
                                   text = std::move(text), user = std::move(user)]() mutable {
    if (here->ending) return user.ended("this node ends");
    const auto stream = here->add();
    *made = stream;
    stream->call(address, where.host, where.port, std::move(text), std::move(user));
  });
  return pipe;
}

void gate::drop(std::uint64_t stream) {
  asio::post(implementation_->io, [here = implementation_.get(), stream] {
    const auto found = here->streams.find(stream);
    if (found == here->streams.end()) return;
    const auto one = found->second; // ending erases it
    one->end("dropped");
  });
}

std::string read_secret(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) fail(failure_kind::other, "--cluster-secret-file " + go_quote(path) + ": cannot be read");
  const std::string all{std::istreambuf_iterator<char>{file}, {}};
  constexpr const char* blanks = " \t\r\n";
  const auto first = all.find_first_not_of(blanks);
  auto secret = first == std::string::npos ? std::string{}
                                           : all.substr(first, all.find_last_not_of(blanks) + 1 - first);
  if (secret.size() < gate::least_secret)
    fail(failure_kind::other, "--cluster-secret-file " + go_quote(path) + ": the secret has " +
                                  std::to_string(secret.size()) + " bytes; at least " +
                                  std::to_string(gate::least_secret) + " are needed (openssl rand -hex 32)");
  return secret;
}

} // namespace argosy
