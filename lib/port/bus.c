/* SPDX-License-Identifier: BSD-3-Clause */
#include "device.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>

/* The kernel's driver of PCI device `name`, "" without one. */
static void read_kernel_driver(const char *name, char *driver, size_t size)
{
	char path[128], target[PATH_MAX];
	ssize_t length;

	driver[0] = '\0';
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", name);
	length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return;
	target[length] = '\0';
	snprintf(driver, size, "%.31s", basename(target));
}

void port_identify_device(struct port *port, const struct rte_eth_dev_info *info)
{
	const struct rte_devargs *arguments;

	if (info->device == NULL)
		return;
	arguments = rte_dev_devargs(info->device);
	snprintf(port->bus, sizeof(port->bus), "%s", rte_bus_name(rte_dev_bus(info->device)));
	snprintf(port->device, sizeof(port->device), "%s", rte_dev_name(info->device));
	if (arguments != NULL && arguments->args != NULL)
		snprintf(port->arguments, sizeof(port->arguments), "%s", arguments->args);
	if (strcmp(port->bus, "pci") == 0)
		read_kernel_driver(port->device, port->kernel_driver, sizeof(port->kernel_driver));
}

bool port_is_back(const struct port *port)
{
	char driver[sizeof(port->kernel_driver)];

	if (port->kernel_driver[0] == '\0')
		return false;
	read_kernel_driver(port->device, driver, sizeof(driver));
	return strcmp(driver, port->kernel_driver) == 0;
}
