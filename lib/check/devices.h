/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CHECK_DEVICES_H
#define WEIR_CHECK_DEVICES_H

#include <weir/check.h>

/* The PCI devices of a run. */

#define DEVICES_MAX EAL_DEVICES_MAX

/* How the driver of a device gives it to a process. */
enum device_access {
	DEVICE_ABSENT,     /* there is no such device */
	DEVICE_NO_DRIVER,  /* nobody has it; DPDK can drive old virtio so */
	DEVICE_KERNEL,     /* not at all */
	DEVICE_VFIO,       /* as a whole, behind the IOMMU */
	DEVICE_UIO,        /* as a whole, and all of the machine's memory with it */
	DEVICE_BIFURCATED, /* the kernel keeps it, DPDK drives queues of it */
};

struct device {
	char address[16];
	char driver[32], interface[32], group[16]; /* "": none */
	bool unshielded; /* the group is one of vfio's making: there is no IOMMU */
	int node;        /* -1: unknown */
	enum device_access access;
};

/* Those of -a but for what is no NIC; without, those that the EAL would take by itself. How many:
 * at most DEVICES_MAX. */
unsigned int devices_find(const struct check_run *run, struct device *devices);

/* The rows of the table, check.c. */
void devices_binding(const struct check_run *run);
void devices_iommu(const struct check_run *run);
void devices_vfio(const struct check_run *run);

#endif
