/* SPDX-License-Identifier: BSD-3-Clause */
#include "promiscuous.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>

#include <rte_ethdev.h>

static bool left_alone[RTE_MAX_ETHPORTS];

void promiscuous_left_alone(uint16_t port)
{
	left_alone[port] = true;
}

/*
 * There is no setting for it. But ethdev asks this function of its own what it is to restore, and
 * as programs come before libraries it asks here: with an error it restores nothing.
 */
int rte_eth_promiscuous_get(uint16_t port)
{
	int (*next)(uint16_t) = (int (*)(uint16_t))dlsym(RTLD_NEXT, "rte_eth_promiscuous_get");

	if (port < RTE_MAX_ETHPORTS && left_alone[port])
		return -ENOTSUP;
	return next != NULL ? next(port) : -ENOSYS;
}
