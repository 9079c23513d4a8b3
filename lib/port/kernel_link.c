/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/kernel_link.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALTERNATIVE_NAME_SIZE 128 /* ALTIFNAMSIZ: <linux/if.h> clashes with <net/if.h> */

/* One ioctl on the interface `name`. 0 or negative errno. */
static int interface_ioctl(const char *name, unsigned long command, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result;

	if (fd < 0)
		return -errno;
	snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", name);
	result = ioctl(fd, command, request) >= 0 ? 0 : -errno;
	close(fd);
	return result;
}

int kernel_link_promiscuous(unsigned int index)
{
	const struct packet_mreq request = {.mr_ifindex = (int)index, .mr_type = PACKET_MR_PROMISC};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* receives nothing */
	int result;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) == 0)
		return fd;
	result = -errno;
	close(fd);
	return result;
}

int kernel_link_ethtool(const char *name, void *command)
{
	struct ifreq request = {.ifr_data = command};

	return interface_ioctl(name, SIOCETHTOOL, &request);
}

unsigned int kernel_link_flags(const char *name)
{
	struct ifreq request = {0};

	if (interface_ioctl(name, SIOCGIFFLAGS, &request) != 0)
		return 0;
	return (unsigned short)request.ifr_flags;
}

uint32_t kernel_link_speed(const char *name)
{
	struct ethtool_cmd command = {.cmd = ETHTOOL_GSET};
	uint32_t speed;

	if (kernel_link_ethtool(name, &command) != 0)
		return 0;
	speed = ethtool_cmd_speed(&command);
	return speed == (uint32_t)SPEED_UNKNOWN ? 0 : speed;
}

/* How many entries that begin with `prefix` sysfs shows for the interface. */
static uint16_t count_entries(const char *name, const char *folder, const char *prefix)
{
	char path[64];
	const struct dirent *entry;
	uint16_t count = 0;
	DIR *directory;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, folder);
	directory = opendir(path);
	if (directory == NULL)
		return 0;
	while ((entry = readdir(directory)) != NULL)
		count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	closedir(directory);
	return count;
}

/* sysfs shows the namespace it was mounted in: is that where `name` is interface `index`? */
static bool sysfs_is_ours(const char *name, unsigned int index)
{
	char path[64];
	unsigned int there = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/ifindex", name);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fscanf(file, "%u", &there) != 1)
		there = 0;
	fclose(file);
	return there == index;
}

bool kernel_link_carries(const char *name, unsigned int index)
{
	return sysfs_is_ours(name, index) && count_entries(name, ".", "upper_") > 0;
}

uint16_t kernel_link_rx_queues(const char *name)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	uint32_t queues = 0;

	if (kernel_link_ethtool(name, &channels) == 0)
		queues = channels.rx_count + channels.combined_count;
	if (queues == 0 && sysfs_is_ours(name, if_nametoindex(name)))
		queues = count_entries(name, "queues", "rx-");
	return queues == 0 ? 1 : (uint16_t)queues;
}

/* RSS by a key of one repeated 16-bit word. */
static bool has_symmetric_key(const char *name)
{
	union {
		struct ethtool_rxfh rxfh;
		uint8_t bytes[16384];
	} answer = {.rxfh = {.cmd = ETHTOOL_GRSSH}};
	uint32_t table, length;
	const uint8_t *key;

	if (kernel_link_ethtool(name, &answer) != 0) /* which tells the sizes */
		return false;
	table = answer.rxfh.indir_size * (uint32_t)sizeof(uint32_t);
	length = answer.rxfh.key_size;
	if (length < 40 || sizeof(answer.rxfh) + table + length > sizeof(answer) ||
	    kernel_link_ethtool(name, &answer) != 0)
		return false;
	key = answer.bytes + sizeof(answer.rxfh) + table;
	for (uint32_t i = 2; i < length; i++)
		if (key[i] != key[i - 2])
			return false;
	return true;
}

bool kernel_link_spreads_symmetrically(const char *name)
{
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};

	return (kernel_link_ethtool(name, &driver) == 0 && strcmp(driver.driver, "veth") == 0) ||
	       has_symmetric_key(name);
}

bool kernel_link_merges_frames(const char *name)
{
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
	struct ethtool_value gro = {.cmd = ETHTOOL_GGRO}, flags = {.cmd = ETHTOOL_GFLAGS};

	/* A virtual peer hands its unsegmented frames over, whatever is set on this side. */
	if (kernel_link_ethtool(name, &driver) != 0 || strchr(driver.bus_info, ':') == NULL ||
	    strcmp(driver.driver, "virtio_net") == 0)
		return true;
	if (kernel_link_ethtool(name, &gro) != 0 || kernel_link_ethtool(name, &flags) != 0)
		return true;
	return gro.data != 0 || (flags.data & ETH_FLAG_LRO) != 0;
}

bool kernel_link_is_virtual(const char *name)
{
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};

	return kernel_link_ethtool(name, &driver) == 0 &&
	       (strchr(driver.bus_info, ':') == NULL || strcmp(driver.driver, "virtio_net") == 0);
}

bool kernel_link_takes_tags_out(const char *name)
{
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};

	return kernel_link_ethtool(name, &flags) == 0 && (flags.data & ETH_FLAG_RXVLAN) != 0;
}

bool kernel_link_has_address(const char *name, char *address, size_t size)
{
	struct ifaddrs *list, *entry;
	bool found = false;

	if (getifaddrs(&list) != 0)
		return false;
	for (entry = list; entry != NULL && !found; entry = entry->ifa_next) {
		const struct sockaddr_in *v4 = (const void *)entry->ifa_addr;
		const struct sockaddr_in6 *v6 = (const void *)entry->ifa_addr;

		if (entry->ifa_addr == NULL || strcmp(entry->ifa_name, name) != 0)
			continue;
		if (v4->sin_family == AF_INET)
			found = inet_ntop(AF_INET, &v4->sin_addr, address, (socklen_t)size);
		else if (v6->sin6_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
			found = inet_ntop(AF_INET6, &v6->sin6_addr, address, (socklen_t)size);
	}
	freeifaddrs(list);
	return found;
}

/* ---- rtnetlink: the only place that tells of an attached XDP program ---- */

static void parse_xdp(const struct rtattr *nest, struct kernel_link *link)
{
	int left = RTA_PAYLOAD(nest);

	for (const struct rtattr *a = RTA_DATA(nest); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == IFLA_XDP_ATTACHED)
			link->has_xdp = *(const uint8_t *)RTA_DATA(a) != XDP_ATTACHED_NONE;
		else if (a->rta_type == IFLA_XDP_PROG_ID)
			memcpy(&link->xdp_program, RTA_DATA(a), sizeof(link->xdp_program));
	}
}

static int parse_link(const struct nlmsghdr *message, struct kernel_link *link)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	int left = (int)IFLA_PAYLOAD(message);

	if (message->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
	if (message->nlmsg_type != RTM_NEWLINK)
		return -EPROTO;
	link->index = (unsigned int)info->ifi_index;
	link->flags = info->ifi_flags;
	link->type = info->ifi_type;
	for (const struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		switch (a->rta_type & NLA_TYPE_MASK) {
		case IFLA_IFNAME:
			snprintf(link->name, sizeof(link->name), "%s", (const char *)RTA_DATA(a));
			break;
		case IFLA_MTU:
			memcpy(&link->mtu, RTA_DATA(a), sizeof(link->mtu));
			break;
		case IFLA_STATS64:
			memcpy(&link->rx_packets,
			       (const uint8_t *)RTA_DATA(a) +
				       offsetof(struct rtnl_link_stats64, rx_packets),
			       sizeof(link->rx_packets));
			break;
		case IFLA_MASTER:
			link->has_master = true;
			break;
		case IFLA_XDP:
			parse_xdp(a, link);
			break;
		}
	}
	return 0;
}

/* By index, or when that is 0 by any name. */
static int ask(unsigned int index, const char *name, struct kernel_link *link)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
		struct rtattr attribute;
		char name[ALTERNATIVE_NAME_SIZE];
	} request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(request.info)),
				.nlmsg_type = RTM_GETLINK,
				.nlmsg_flags = NLM_F_REQUEST},
		     .info = {.ifi_index = (int)index}};
	union {
		struct nlmsghdr header;
		char bytes[32768];
	} answer;
	size_t size = strlen(name) + 1;
	ssize_t length;
	int fd, result;

	memset(link, 0, sizeof(*link));
	if (index == 0 && (size == 1 || size > sizeof(request.name)))
		return -ENODEV;
	if (index == 0) {
		memcpy(request.name, name, size);
		/* Either finds both kinds of names; the one has no room for long ones. */
		request.attribute.rta_type = size <= IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME;
		request.attribute.rta_len = (unsigned short)RTA_LENGTH(size);
		request.header.nlmsg_len += (unsigned int)RTA_SPACE(size);
	}
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
		length = -1;
	else
		length = recv(fd, &answer, sizeof(answer), 0);
	result = length < 0                                 ? -errno
		 : NLMSG_OK(&answer.header, (size_t)length) ? parse_link(&answer.header, link)
							    : -EPROTO;
	close(fd);
	return result;
}

int kernel_link_read(const char *name, struct kernel_link *link)
{
	return ask(0, name, link);
}

int kernel_link_read_index(unsigned int index, struct kernel_link *link)
{
	return ask(index, "", link);
}
