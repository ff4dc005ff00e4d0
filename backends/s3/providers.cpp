#include "backends/s3/providers.hpp"

#include <algorithm>

namespace argosy::s3 {

namespace {

// What a service does otherwise than Amazon's.
enum quirk : unsigned {
  lists_1 = 1 << 0,      // only the first version of listings
  in_path = 1 << 1,      // buckets are named in the path
  plain_lists = 1 << 2,  // keys in listings are never escaped
  odd_etag = 1 << 3,     // objects in parts have a tag of some other kind
  vague = 1 << 4,        // BucketAlreadyExists is said of our own buckets too
  signs_all = 1 << 5,    // bodies have to be covered by the signature
  tiers = 1 << 6,        // there are storage classes
  no_copy = 1 << 7,      // cannot copy objects
  no_md5 = 1 << 8,       // tags are never MD5
  no_parts = 1 << 9,     // takes no objects in parts
  no_part_copy = 1 << 10 // copies whole objects only
};

provider row(const char* name, const char* description, unsigned quirks, std::int64_t most_parts = 10'000,
             std::int64_t smallest_chunk = 0) {
  const auto has = [quirks](quirk one) { return (quirks & one) != 0; };
  provider p;
  p.name = name;
  p.description = description;
  p.list_version = has(lists_1) ? 1 : 2;
  p.path_style = has(in_path);
  p.list_url_encode = !has(plain_lists);
  p.multipart_etag = !has(odd_etag);
  p.trust_already_exists = !has(vague);
  p.unsigned_payload = !has(signs_all);
  p.tiers = has(tiers);
  p.copies = !has(no_copy);
  p.etag_is_md5 = !has(no_md5);
  p.multipart = !has(no_parts);
  p.parts_can_be_copied = !has(no_part_copy);
  p.most_parts = most_parts;
  p.smallest_chunk = smallest_chunk;
  return p;
}

} // namespace

const std::vector<provider>& providers() {
  static const std::vector<provider> all{
      row("AWS", "Amazon Web Services (AWS) S3", tiers),
      row("Alibaba", "Alibaba Cloud Object Storage System (OSS) formerly Aliyun", odd_etag | tiers),
      row("ArvanCloud", "Arvan Cloud Object Storage (AOS)", lists_1 | in_path | plain_lists | vague | tiers),
      row("BizflyCloud", "Bizfly Cloud Simple Storage", in_path | plain_lists | odd_etag | vague),
      row("Ceph", "Ceph Object Storage", lists_1 | in_path | plain_lists | vague),
      row("ChinaMobile", "China Mobile Ecloud Elastic Object Storage (EOS)",
          lists_1 | in_path | plain_lists | vague | tiers),
      row("Cloudflare", "Cloudflare R2 Storage", in_path | odd_etag),
      row("Cubbit", "Cubbit DS3 Object Storage", odd_etag),
      row("DigitalOcean", "DigitalOcean Spaces", plain_lists | vague),
      row("Dreamhost", "Dreamhost DreamObjects", plain_lists | vague),
      row("Exaba", "Exaba Object Storage", in_path),
      row("Fastly", "Fastly Object Storage", in_path | odd_etag | vague | no_copy | no_md5 | no_parts),
      row("FileLu", "FileLu S5 (S3-Compatible Object Storage)", in_path | plain_lists | odd_etag),
      row("FlashBlade", "Pure Storage FlashBlade Object Storage", in_path),
      row("GCS", "Google Cloud Storage", no_part_copy),
      row("HCP", "Hitachi Content Platform (HCP)", in_path | odd_etag),
      row("Hetzner", "Hetzner Object Storage", vague),
      row("HuaweiOBS", "Huawei Object Storage Service", lists_1 | plain_lists | vague),
      row("IBMCOS", "IBM COS S3", lists_1 | in_path | plain_lists | odd_etag | vague),
      row("IDrive", "IDrive e2", in_path | vague),
      row("ImpossibleCloud", "Impossible Cloud Object Storage", 0),
      row("Intercolo", "Intercolo Object Storage", signs_all),
      row("IONOS", "IONOS Cloud", in_path | plain_lists | vague),
      row("Leviia", "Leviia Object Storage", vague),
      row("Liara", "Liara Object Storage", in_path | plain_lists | odd_etag | vague | tiers),
      row("Linode", "Linode Object Storage", 0),
      row("LyveCloud", "Seagate Lyve Cloud", odd_etag | vague),
      row("Magalu", "Magalu Object Storage", lists_1 | in_path | plain_lists | odd_etag | vague | tiers),
      row("Mega", "MEGA S4 Object Storage", in_path | odd_etag | vague | no_part_copy),
      row("Minio", "Minio Object Storage", in_path),
      row("Netease", "Netease Object Storage (NOS)", lists_1 | plain_lists | odd_etag | vague),
      row("Outscale", "OUTSCALE Object Storage (OOS)", in_path),
      row("OVHcloud", "OVHcloud Object Storage", tiers),
      row("Petabox", "Petabox Object Storage", vague),
      row("Qiniu", "Qiniu Object Storage (Kodo)", in_path | plain_lists | odd_etag | vague | tiers),
      row("Rabata", "Rabata Cloud Storage", no_copy),
      row("RackCorp", "RackCorp Object Storage", odd_etag | vague),
      row("Rclone", "Rclone S3 Server", in_path | odd_etag | vague | no_part_copy),
      row("Scaleway", "Scaleway Object Storage", tiers, 1000),
      row("Scality", "Scality (RING / ARTESCA)", in_path),
      row("SeaweedFS", "SeaweedFS S3", lists_1 | in_path | plain_lists | odd_etag | vague),
      row("Selectel", "Selectel Object Storage", plain_lists),
      row("Servercore", "Servercore Object Storage", plain_lists),
      row("SpectraLogic", "Spectra Logic Black Pearl", in_path),
      row("Storj", "Storj (S3 Compatible Gateway)", vague | no_part_copy, 10'000, 64 << 20),
      row("Synology", "Synology C2 Object Storage", odd_etag | vague),
      row("TencentCOS", "Tencent Cloud Object Storage (COS)", lists_1 | odd_etag | vague | tiers),
      row("US3", "US3 Object Storage", lists_1 | odd_etag | vague | tiers),
      row("Wasabi", "Wasabi Object Storage", 0),
      row("Zadara", "Zadara Object Storage", in_path),
      row("Zata", "Zata (S3 compatible Gateway)", odd_etag | vague | signs_all),
      row("ZeroServices", "Zero Services GmbH (ZERO-Z3)", in_path | plain_lists | vague),
      row("Other", "Any other S3 compatible provider", lists_1 | in_path | plain_lists | odd_etag | vague),
  };
  return all;
}

const provider& provider_of(const std::string& name, bool& known) {
  const auto& all = providers();
  const auto found = std::find_if(all.begin(), all.end(), [&](const provider& p) { return p.name == name; });
  known = found != all.end();
  return known ? *found : all.back(); // "Other"
}

} // namespace argosy::s3
