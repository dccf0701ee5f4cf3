// For FRR on kernels without MPLS and VRF devices, as those of many containers and CI machines are: preloaded into its
// daemons, it answers for what the kernel does not have. No part of shimline; a kernel with mpls_router and vrf needs none
// of it. Made for FRR 8.4; relies on glibc.
//
// FRR_VRFS says which VRFs there are: "red=101:cp-red,cp-red2 blue=102:cp-blue". A plain interface of each name (a bridge,
// say) stands for the VRF device. What zebra is told about interfaces then reads as if they were VRF devices and their
// ports. Sockets bound to such a device are bound to the one port of that VRF.
//
// Labels are taken off the routes that zebra gives to the kernel, so sessions of daemons go by plain IP; what the kernel
// refuses all the same counts as taken. FPM has its own copies, with labels.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/lwtunnel.h>
#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { vrfs_max = 16, ports_max = 16, unknown_attribute = 0x3f00 };

struct vrf {
  char name[IFNAMSIZ];
  uint32_t table;
  int ports;
  char port[ports_max][IFNAMSIZ];
};

static struct vrf vrfs[vrfs_max];
static int vrf_count;

__attribute__((constructor)) static void read_vrfs(void) {
  const char *given = getenv("FRR_VRFS");
  char *text = given ? strdup(given) : NULL;
  for (char *rest = text, *word; (word = strsep(&rest, " ")) && vrf_count < vrfs_max;) {
    struct vrf *vrf = &vrfs[vrf_count];
    char *name = strsep(&word, "="), *table = strsep(&word, ":");
    if (!name || !*name || !table) continue;
    snprintf(vrf->name, IFNAMSIZ, "%s", name);
    vrf->table = (uint32_t)strtoul(table, NULL, 10);
    for (char *port; (port = strsep(&word, ",")) && vrf->ports < ports_max;)
      if (*port) snprintf(vrf->port[vrf->ports++], IFNAMSIZ, "%s", port);
    vrf_count++;
  }
  free(text);
}

static struct vrf *vrf_named(const char *name) {
  for (int i = 0; i < vrf_count; i++)
    if (!strcmp(vrfs[i].name, name)) return &vrfs[i];
  return NULL;
}

static struct vrf *vrf_of_port(const char *name) {
  for (int i = 0; i < vrf_count; i++)
    for (int k = 0; k < vrfs[i].ports; k++)
      if (!strcmp(vrfs[i].port[k], name)) return &vrfs[i];
  return NULL;
}

static int is_rtnetlink(int fd) {
  int domain = 0, protocol = -1;
  socklen_t size = sizeof domain;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) || domain != AF_NETLINK) return 0;
  size = sizeof protocol;
  return !getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) && protocol == NETLINK_ROUTE;
}

static int type_of(const struct rtattr *attribute) { return attribute->rta_type & NLA_TYPE_MASK; }

static struct rtattr *find(struct rtattr *first, int bytes, int type) {
  for (struct rtattr *at = first; RTA_OK(at, bytes); at = RTA_NEXT(at, bytes))
    if (type_of(at) == type) return at;
  return NULL;
}

static char *put(char *at, int type, const void *data, int bytes) {
  struct rtattr *attribute = (struct rtattr *)at;
  attribute->rta_type = type;
  attribute->rta_len = RTA_LENGTH(bytes);
  if (data) memcpy(RTA_DATA(attribute), data, bytes);
  return at + RTA_SPACE(bytes);
}

// An interface's statistics, which zebra does not read, make room for what it is to be told instead: nothing moves.
static void tell_link(struct nlmsghdr *message) {
  struct ifinfomsg *link = NLMSG_DATA(message);
  struct rtattr *first = IFLA_RTA(link);
  int bytes = IFLA_PAYLOAD(message);
  struct rtattr *name = find(first, bytes, IFLA_IFNAME), *room = find(first, bytes, IFLA_STATS64);
  if (link->ifi_family != AF_UNSPEC || !name || !room || RTA_PAYLOAD(room) < 128) return;
  struct vrf *own = vrf_named(RTA_DATA(name)), *master = vrf_of_port(RTA_DATA(name));
  if (!own && !master) return;
  struct rtattr *info = find(first, bytes, IFLA_LINKINFO);
  if (info) info->rta_type = unknown_attribute;
  char *at = (char *)room, *end = at + RTA_ALIGN(room->rta_len);
  if (master) {
    uint32_t index = if_nametoindex(master->name);
    at = put(at, IFLA_MASTER, &index, sizeof index);
  }
  char *info_at = at;
  at += RTA_LENGTH(0);
  if (own) {
    at = put(at, IFLA_INFO_KIND, "vrf", 4);
    char *data_at = at;
    at = put(at + RTA_LENGTH(0), IFLA_VRF_TABLE, &own->table, sizeof own->table);
    put(data_at, IFLA_INFO_DATA, NULL, at - data_at - RTA_LENGTH(0));
  } else {
    at = put(at, IFLA_INFO_KIND, "tun", 4);
    at = put(at, IFLA_INFO_SLAVE_KIND, "vrf", 4);
  }
  put(info_at, IFLA_LINKINFO, NULL, at - info_at - RTA_LENGTH(0));
  put(at, unknown_attribute, NULL, end - at - RTA_LENGTH(0));
}

// Takes attributes of two types out of `bytes` that begin with attributes; what follows them moves up. Answers how many
// bytes are left of them.
static int take_out(char *first, int bytes, int encapsulation, int its_type) {
  int kept = 0, left = bytes;
  for (struct rtattr *at = (struct rtattr *)first; RTA_OK(at, left);) {
    int aligned = RTA_ALIGN(at->rta_len), space = aligned < left ? aligned : left, type = type_of(at);
    struct rtattr *next = (struct rtattr *)((char *)at + space);
    if (type != encapsulation && type != its_type) {
      memmove(first + kept, at, space);
      kept += space;
    }
    left -= space;
    at = next;
  }
  return kept;
}

static void take_labels_off_hops(struct rtattr *several) {
  char *first = RTA_DATA(several);
  int left = RTA_PAYLOAD(several), kept = 0;
  for (char *at = first; RTNH_OK((struct rtnexthop *)at, left);) {
    struct rtnexthop *hop = (struct rtnexthop *)at;
    int space = NLMSG_ALIGN(hop->rtnh_len);
    char *next = at + space;
    hop->rtnh_len = RTNH_LENGTH(take_out((char *)RTNH_DATA(hop), hop->rtnh_len - RTNH_LENGTH(0), RTA_ENCAP, RTA_ENCAP_TYPE));
    memmove(first + kept, hop, hop->rtnh_len);
    kept += NLMSG_ALIGN(((struct rtnexthop *)(first + kept))->rtnh_len);
    left -= space;
    at = next;
  }
  several->rta_len = RTA_LENGTH(kept);
}

// Shortens the message by its labels.
static void take_labels_off(struct nlmsghdr *message) {
  if (message->nlmsg_type == RTM_NEWNEXTHOP) {
    int head = NLMSG_SPACE(sizeof(struct nhmsg));
    message->nlmsg_len = head + take_out((char *)message + head, message->nlmsg_len - head, NHA_ENCAP, NHA_ENCAP_TYPE);
  }
  if (message->nlmsg_type != RTM_NEWROUTE) return;
  int head = NLMSG_SPACE(sizeof(struct rtmsg));
  message->nlmsg_len = head + take_out((char *)message + head, message->nlmsg_len - head, RTA_ENCAP, RTA_ENCAP_TYPE);
  struct rtattr *several = find((struct rtattr *)((char *)message + head), message->nlmsg_len - head, RTA_MULTIPATH);
  if (!several) return;
  char *end = (char *)several + RTA_ALIGN(several->rta_len);
  int behind = (char *)message + message->nlmsg_len - end;
  take_labels_off_hops(several);
  char *now = (char *)several + RTA_ALIGN(several->rta_len);
  if (behind > 0) memmove(now, end, behind);
  message->nlmsg_len -= end - now;
}

static int is_route_or_next_hop(int type) {
  return type == RTM_NEWROUTE || type == RTM_DELROUTE || type == RTM_NEWNEXTHOP || type == RTM_DELNEXTHOP;
}

static void take_as_done(struct nlmsghdr *message) {
  struct nlmsgerr *answer = NLMSG_DATA(message);
  if (is_route_or_next_hop(answer->msg.nlmsg_type)) answer->error = 0;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  static ssize_t (*real)(int, struct msghdr *, int);
  if (!real) real = dlsym(RTLD_NEXT, "recvmsg");
  ssize_t bytes = real(fd, message, flags);
  if (bytes <= 0 || message->msg_iovlen != 1 || !is_rtnetlink(fd)) return bytes;
  int left = (int)bytes;
  for (struct nlmsghdr *at = message->msg_iov[0].iov_base; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
    if (at->nlmsg_type == RTM_NEWLINK) tell_link(at);
    if (at->nlmsg_type == NLMSG_ERROR) take_as_done(at);
  }
  return bytes;
}

ssize_t sendmsg(int fd, const struct msghdr *given, int flags) {
  static ssize_t (*real)(int, const struct msghdr *, int);
  if (!real) real = dlsym(RTLD_NEXT, "sendmsg");
  if (given->msg_iovlen != 1 || !is_rtnetlink(fd)) return real(fd, given, flags);
  char *first = given->msg_iov[0].iov_base;
  int left = (int)given->msg_iov[0].iov_len, kept = 0;
  for (char *at = first; NLMSG_OK((struct nlmsghdr *)at, left);) {
    int space = NLMSG_ALIGN(((struct nlmsghdr *)at)->nlmsg_len);
    char *next = at + space;
    take_labels_off((struct nlmsghdr *)at);
    int now = NLMSG_ALIGN(((struct nlmsghdr *)at)->nlmsg_len);
    memmove(first + kept, at, now);
    kept += now;
    left -= space;
    at = next;
  }
  struct iovec piece = {first, kept};
  struct msghdr message = *given;
  message.msg_iov = &piece;
  ssize_t sent = real(fd, &message, flags);
  return sent == kept ? (ssize_t)given->msg_iov[0].iov_len : sent;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t bytes) {
  static int (*real)(int, int, int, const void *, socklen_t);
  if (!real) real = dlsym(RTLD_NEXT, "setsockopt");
  if (level == SOL_SOCKET && option == SO_BINDTODEVICE && value) {
    struct vrf *vrf = vrf_named(value);
    if (vrf && vrf->ports != 1) return 0;
    if (vrf) return real(fd, level, option, vrf->port[0], strlen(vrf->port[0]) + 1);
  }
  return real(fd, level, option, value, bytes);
}

int stat(const char *path, struct stat *status) {
  static int (*real)(const char *, struct stat *);
  if (!real) real = dlsym(RTLD_NEXT, "stat");
  return real(strcmp(path, "/proc/sys/net/mpls") ? path : "/proc/sys/net", status);
}
