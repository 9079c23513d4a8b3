/* SPDX-License-Identifier: BSD-3-Clause */
#include "host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A dump that something came in between is done again. */
#define ATTEMPTS 10

struct link {
	unsigned int index;
	unsigned int below;  /* the interface that it lies upon; 0: none */
	unsigned int master; /* its bridge or bond */
	uint64_t mac;
	bool ours; /* the interface, or one that belongs to it */
};

struct links {
	struct link *link;
	size_t count;
};

/* What a dump fills. */
struct reading {
	struct links links;
	struct host_set set;
};

/* Room for one more of `size` octets: as malloc() gives it, doubled at powers of two. */
static int grow(void **array, size_t count, size_t size)
{
	void *larger;

	if (count != 0 && (count & (count - 1)) != 0)
		return 0;
	larger = realloc(*array, (count == 0 ? 1 : 2 * count) * size);
	if (larger == NULL)
		return -ENOMEM;
	*array = larger;
	return 0;
}

/* ---- rtnetlink ---- */

typedef int read_message(const struct nlmsghdr *message, struct reading *reading);

/* 1: the dump is at its end. */
static int read_messages(const struct nlmsghdr *message, size_t length, read_message *each,
			 struct reading *reading)
{
	int result = 0;

	for (; result == 0 && NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
		if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
			return -EAGAIN; /* it changed meanwhile */
		if (message->nlmsg_type == NLMSG_DONE)
			return 1;
		if (message->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
		result = each(message, reading);
	}
	return result;
}

static int dump(int type, read_message *each, struct reading *reading)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg family;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = (uint16_t)type,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	};
	union {
		struct nlmsghdr header;
		char bytes[32768];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t length;
	int result = 0;

	if (fd < 0)
		return -errno;
	if (send(fd, &request, sizeof(request), 0) < 0)
		result = -errno;
	while (result == 0) {
		length = recv(fd, &answer, sizeof(answer), 0);
		result = length < 0 ? -errno
				    : read_messages(&answer.header, (size_t)length, each, reading);
	}
	close(fd);
	return result < 0 ? result : 0;
}

static uint64_t big_endian(const uint8_t *octets, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum = sum << 8 | octets[i];
	return sum;
}

static unsigned int index_in(const struct rtattr *attribute)
{
	unsigned int index;

	memcpy(&index, RTA_DATA(attribute), sizeof(index));
	return index;
}

static int read_link(const struct nlmsghdr *message, struct reading *reading)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	struct link link = {.index = (unsigned int)info->ifi_index};
	int left = (int)IFLA_PAYLOAD(message);
	bool elsewhere = false;
	int result;

	for (const struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		switch (a->rta_type & NLA_TYPE_MASK) {
		case IFLA_ADDRESS:
			if (RTA_PAYLOAD(a) == 6)
				link.mac = big_endian(RTA_DATA(a), 6);
			break;
		case IFLA_LINK:
			link.below = index_in(a);
			break;
		case IFLA_LINK_NETNSID:
			elsewhere = true;
			break;
		case IFLA_MASTER:
			link.master = index_in(a);
			break;
		}
	}
	if (elsewhere) /* its number is another namespace's */
		link.below = 0;
	result = grow((void **)&reading->links.link, reading->links.count, sizeof(link));
	if (result == 0)
		reading->links.link[reading->links.count++] = link;
	return result;
}

/* ---- which links are ours ---- */

static struct link *find(const struct links *links, unsigned int index)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->link[i].index == index)
			return &links->link[i];
	return NULL;
}

/* Of a veth pair each end says that it lies upon the other. */
static bool lies_upon(const struct link *link, const struct link *below)
{
	return below != NULL && below->below != link->index;
}

static bool mark(struct link *link)
{
	if (link == NULL || link->ours)
		return false;
	link->ours = true;
	return true;
}

/* The interface, what lies upon one of ours, and the master of one. */
static int mark_ours(const struct links *links, unsigned int index)
{
	bool more = mark(find(links, index));

	if (!more)
		return -ENODEV;
	while (more) {
		more = false;
		for (size_t i = 0; i < links->count; i++) {
			struct link *link = &links->link[i];
			const struct link *below = link->below ? find(links, link->below) : NULL;

			if (lies_upon(link, below) && below->ours)
				more |= mark(link);
			if (link->ours && link->master != 0)
				more |= mark(find(links, link->master));
		}
	}
	return 0;
}

/* ---- what is for this host ---- */

static int add_key(struct host_set *set, uint64_t high, uint64_t low)
{
	int result = grow((void **)&set->keys, set->count, sizeof(*set->keys));

	if (result == 0)
		set->keys[set->count++] = (struct prefilter_host_key){high, low};
	return result;
}

static int add_mac(struct host_set *set, uint64_t mac)
{
	return add_key(set, PREFILTER_HOST_MAC_KEY, mac);
}

static int add_links(struct reading *reading, unsigned int index)
{
	const struct links *links = &reading->links;
	struct host_set *set = &reading->set;
	int result = 0;

	set->own = find(links, index)->mac;
	for (size_t i = 0; result == 0 && i < links->count; i++) {
		const struct link *link = &links->link[i];

		if (!link->ours || link->index == index)
			continue;
		set->own |= PREFILTER_HOST_USED | PREFILTER_HOST_MORE;
		result = add_mac(set, link->mac);
	}
	return result;
}

/* RFC 4291: it listens to all nodes and to the last three octets of each address. */
static int add_groups(struct host_set *set, const struct in6_addr *address)
{
	const uint64_t all_nodes = UINT64_C(0x333300000001), solicited = UINT64_C(0x3333ff000000);
	int result = add_mac(set, all_nodes);

	return result != 0 ? result
			   : add_mac(set, solicited | big_endian(&address->s6_addr[13], 3));
}

static int add_ipv4(struct host_set *set, const struct in_addr *address, bool ours)
{
	if (ours)
		set->own |= PREFILTER_HOST_USED;
	return add_key(set, 0, PREFILTER_HOST_IPV4 | ntohl(address->s_addr));
}

static int add_ipv6(struct host_set *set, const struct in6_addr *address, bool ours)
{
	int result =
		add_key(set, big_endian(address->s6_addr, 8), big_endian(&address->s6_addr[8], 8));

	if (!ours || result != 0)
		return result;
	if (IN6_IS_ADDR_LINKLOCAL(address))
		return add_groups(set, address);
	set->own |= PREFILTER_HOST_USED;
	return 0;
}

static int read_address(const struct nlmsghdr *message, struct reading *reading)
{
	const struct ifaddrmsg *info = NLMSG_DATA(message);
	const struct link *link = find(&reading->links, info->ifa_index);
	const void *address = NULL;
	int left = (int)IFA_PAYLOAD(message);

	/* Point to point, IFA_ADDRESS is the other end's. */
	for (const struct rtattr *a = IFA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFA_LOCAL || (a->rta_type == IFA_ADDRESS && address == NULL))
			address = RTA_DATA(a);
	if (link == NULL || address == NULL)
		return 0;
	if (info->ifa_family == AF_INET)
		return add_ipv4(&reading->set, address, link->ours);
	if (info->ifa_family == AF_INET6)
		return add_ipv6(&reading->set, address, link->ours);
	return 0;
}

static int read_once(unsigned int index, struct host_set *set)
{
	struct reading reading = {0};
	int result = dump(RTM_GETLINK, read_link, &reading);

	if (result == 0)
		result = mark_ours(&reading.links, index);
	if (result == 0)
		result = add_links(&reading, index);
	if (result == 0)
		result = dump(RTM_GETADDR, read_address, &reading);
	free(reading.links.link);
	if (result == 0)
		*set = reading.set;
	else
		free(reading.set.keys);
	return result;
}

int host_read(unsigned int index, struct host_set *set)
{
	int result = -EAGAIN;

	for (int i = 0; i < ATTEMPTS && result == -EAGAIN; i++)
		result = read_once(index, set);
	return result;
}
