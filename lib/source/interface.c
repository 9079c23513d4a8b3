/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/interface.h>

#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include <weir/capability.h>
#include <weir/finding.h>
#include <weir/kernel_hold.h>
#include <weir/kernel_link.h>

#include "interface_packet.h"
#include "interface_xdp.h"
#include "offloads.h"

/* ---- is it an interface to measure on? ---- */

/* What separates the arguments of a DPDK device, which nothing quotes. */
#define NOT_IN_ARGUMENTS ",=["

static int check_interface(const char *name, struct kernel_link *link, struct error *error)
{
	int result = kernel_link_read(name, link);

	if (result == -ENODEV)
		return error_set(error, ENODEV, "%s: no such interface; \"ip link\" lists them",
				 name);
	if (result != 0)
		return error_set(error, -result, "%s: the kernel does not tell of it: %s", name,
				 strerror(-result));
	if (link->name[strcspn(link->name, NOT_IN_ARGUMENTS)] != '\0')
		return error_set(
			error, EINVAL,
			"%s: DPDK takes no name with any of \"%s\"; give it another one with \"ip "
			"link set dev NAME name NEW\"",
			link->name, NOT_IN_ARGUMENTS);
	if (link->type != ARPHRD_ETHER && link->type != ARPHRD_LOOPBACK)
		return error_set(error, EPROTONOSUPPORT,
				 "%s: not an Ethernet interface; its frames cannot be read", name);
	if ((link->flags & IFF_UP) == 0)
		return error_set(error, ENETDOWN,
				 "%s: the interface is down; \"ip link set %s up\" brings it up",
				 name, name);
	if (!capability_here(CAP_NET_RAW))
		return error_set(error, EPERM,
				 "%s: needs CAP_NET_RAW; run as root or give the capability", name);
	return kernel_hold_check(name, link->index, error);
}

int interface_check(const char *name, struct error *error)
{
	struct kernel_link link;

	return check_interface(name, &link, error);
}

/* ---- which driver? ---- */

static void say_why(struct interface *interface, const char *driver, const char *why)
{
	const size_t length = strcspn(why, ";"); /* without what to do */

	snprintf(interface->why, sizeof(interface->why), "%s: %.*s", driver,
		 (int)RTE_MIN(length, (size_t)140), why);
}

static const char *why_xdp(const struct interface_settings *settings)
{
	if (settings->driver == INTERFACE_AF_XDP)
		return "as asked for";
	return front_passes(settings->front)
		       ? "rules pass frames, which AF_PACKET would see all the same"
		       : "it works here, and this host does not use the interface itself";
}

static int attach_driver(struct interface *interface, const struct kernel_link *link,
			 const struct interface_settings *settings, struct error *error)
{
	const char *why_packet = "as asked for";
	struct error *reason = &interface->not_xdp_line;
	int result;

	if (settings->driver != INTERFACE_AF_PACKET) {
		result = interface_xdp_attach(interface, link, settings, reason);
		if (result == 0) {
			say_why(interface, "AF_XDP", why_xdp(settings));
			return 0;
		}
		if (settings->driver == INTERFACE_AF_XDP)
			return error_set(error, -result, "%s", reason->text);
		why_packet = reason->text;
		interface->not_xdp = result;
	}
	say_why(interface, "AF_PACKET", why_packet);
	return interface_packet_attach(interface, link, settings, error);
}

/* ---- rules ---- */

/* AF_PACKET cannot have all rules, and a user may not have asked for it: say why it is. */
static int explain(const struct interface *interface, int result, struct error *error)
{
	struct error reason = *error;

	if (result == -EINVAL)
		error_set(error, EINVAL, "%s (%s)", reason.text, interface->why);
	return result;
}

static int attach_rules(struct interface *interface, struct front *front, struct error *error)
{
	const char *name = interface->name;
	struct kernel_link link;
	int result = 0;

	if (!front->sockets) {
		if (kernel_link_read(name, &link) == 0)
			result = interface_xdp_free(name, &link, error);
		if (result == 0)
			result = explain(interface,
					 front_attach(front, name, interface->index,
						      PREFILTER_TO_KERNEL, 0, error),
					 error);
	}
	if (result == 0 && prefilter_rules_look_at_vlans(front->rules) &&
	    kernel_link_takes_tags_out(name))
		finding_warn(FINDING_VLAN,
			     "%s: rx-vlan-offload is on: a VLAN tag that is taken out before XDP "
			     "fits no rule with vlan but 0; ethtool -K %s rxvlan off leaves it in",
			     name, name);
	return result;
}

int interface_attach(const struct interface_settings *settings, struct interface *interface,
		     struct error *error)
{
	struct kernel_link link;
	int result;

	memset(interface, 0, sizeof(*interface));
	result = check_interface(settings->name, &link, error);
	if (result != 0)
		return result;
	strcpy(interface->name, link.name);
	interface->index = link.index;
	result = attach_driver(interface, &link, settings, error);
	if (result == 0 && settings->front->rules != NULL)
		result = attach_rules(interface, settings->front, error);
	if (result != 0)
		interface_detach(interface);
	return result;
}

bool interface_merges(const struct interface *interface, struct error *line)
{
	char names[128];

	if (interface->merged == 0)
		return false;
	offloads_text(interface->merged, names, sizeof(names));
	error_set(line, 0,
		  "%s: %s is on%s: the kernel makes one frame of several, and that one is counted; "
		  "\"ethtool -K %s gro off lro off\" as root lets all be counted",
		  interface->name, names,
		  interface->merged_why == -EPERM ? ", and CAP_NET_ADMIN is missing" : "",
		  interface->name);
	return true;
}

const char *interface_offloads(unsigned int mask, char *text, size_t size)
{
	return offloads_text(mask, text, size);
}
