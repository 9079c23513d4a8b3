/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weir/finding.h>

#include "sysfs.h"

#define PCI           "/sys/bus/pci/devices/%s"
#define CLASS_NETWORK 0x02
#define VENDOR_VIRTIO 0x1af4
#define VIRTIO_MODERN 0x1040 /* device ids from here on have no I/O ports */
#define BIND(address) "sudo dpdk-devbind.py --bind=vfio-pci " address

/* ---- what there is ---- */

static const struct {
	const char *driver;
	enum device_access access;
} drivers[] = {
	{"vfio-pci", DEVICE_VFIO},        {"uio_pci_generic", DEVICE_UIO},
	{"igb_uio", DEVICE_UIO},          {"mlx5_core", DEVICE_BIFURCATED},
	{"mlx4_core", DEVICE_BIFURCATED}, {"mana", DEVICE_BIFURCATED},
};

static enum device_access access_by(const char *driver)
{
	if (driver[0] == '\0')
		return DEVICE_NO_DRIVER;
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i].driver, driver) == 0)
			return drivers[i].access;
	return DEVICE_KERNEL;
}

/* virtio keeps its interface a level deeper. */
static void find_interface(const char *root, const char *address, char *out, size_t size)
{
	DIR *interfaces = sysfs_directory(root, PCI "/net", address);
	const struct dirent *entry;
	char child[16];

	for (unsigned int i = 0; interfaces == NULL && i < 256; i++) {
		snprintf(child, sizeof(child), "virtio%u", i);
		if (sysfs_exists(root, PCI "/%s", address, child))
			interfaces = sysfs_directory(root, PCI "/%s/net", address, child);
	}
	entry = interfaces != NULL ? sysfs_next(interfaces) : NULL;
	snprintf(out, size, "%.31s", entry != NULL ? entry->d_name : "");
	if (interfaces != NULL)
		closedir(interfaces);
}

static void look_at(const char *root, const char *address, struct device *device)
{
	int64_t node = -1;
	char group[32];

	*device = (struct device){.node = -1};
	snprintf(device->address, sizeof(device->address), "%.15s", address);
	if (!sysfs_exists(root, PCI, address))
		return;
	sysfs_link(device->driver, sizeof(device->driver), root, PCI "/driver", address);
	sysfs_link(device->group, sizeof(device->group), root, PCI "/iommu_group", address);
	(void)sysfs_text(group, sizeof(group), root, "/sys/kernel/iommu_groups/%s/name",
			 device->group);
	device->unshielded = strcmp(group, "vfio-noiommu") == 0;
	find_interface(root, address, device->interface, sizeof(device->interface));
	(void)sysfs_number(&node, root, PCI "/numa_node", address);
	device->node = (int)node;
	device->access = access_by(device->driver);
}

static bool is_network(const char *root, const char *address)
{
	int64_t class;

	return sysfs_number(&class, root, PCI "/class", address) && class >> 16 == CLASS_NETWORK;
}

static bool is_blocked(const struct eal_words *eal, const char *address)
{
	for (unsigned int i = 0; i < eal->blocked_count; i++)
		if (strcmp(eal->blocked[i], address) == 0)
			return true;
	return false;
}

static bool is_given(const struct device *device)
{
	return device->access >= DEVICE_VFIO;
}

/* All network devices that `wanted` says yes to. */
static unsigned int scan(const struct check_run *run, bool wanted(const struct device *),
			 struct device *devices)
{
	DIR *all = sysfs_directory(run->root, "/sys/bus/pci/devices");
	const struct dirent *entry;
	unsigned int count = 0;

	while (all != NULL && count < DEVICES_MAX && (entry = sysfs_next(all)) != NULL) {
		if (!is_network(run->root, entry->d_name) || is_blocked(&run->eal, entry->d_name))
			continue;
		look_at(run->root, entry->d_name, &devices[count]);
		count += wanted(&devices[count]);
	}
	if (all != NULL)
		closedir(all);
	return count;
}

unsigned int devices_find(const struct check_run *run, struct device *devices)
{
	unsigned int count = 0;

	if (run->source != CHECK_PORTS || run->eal.no_pci)
		return 0;
	if (!run->eal.allow_list)
		return scan(run, is_given, devices);
	for (unsigned int i = 0; i < run->eal.device_count; i++) {
		look_at(run->root, run->eal.devices[i], &devices[count]);
		count += devices[count].access == DEVICE_ABSENT ||
			 is_network(run->root, run->eal.devices[i]);
	}
	return count;
}

/* ---- binding ---- */

/* DPDK drives it through I/O ports. */
static bool is_old_virtio(const char *root, const struct device *device)
{
	int64_t vendor = 0, id = 0;

	return sysfs_number(&vendor, root, PCI "/vendor", device->address) &&
	       sysfs_number(&id, root, PCI "/device", device->address) && vendor == VENDOR_VIRTIO &&
	       id < VIRTIO_MODERN;
}

static void judge_kernel(const struct device *device)
{
	const char *address = device->address;

	if (device->interface[0] == '\0')
		finding_fail(FINDING_BINDING,
			     "%s: the kernel's driver %s has it, so DPDK does not see it; "
			     "sudo modprobe vfio-pci && " BIND("%s"),
			     address, device->driver, address);
	else
		finding_fail(
			FINDING_BINDING,
			"%s: the kernel's driver %s has it, as interface %s, so DPDK does not "
			"see it; sudo modprobe vfio-pci && sudo ip link set %s down && " BIND("%s"),
			address, device->driver, device->interface, device->interface, address);
}

static void judge_bifurcated(const char *root, const struct device *device)
{
	DIR *verbs = sysfs_directory(root, "/sys/class/infiniband_verbs");
	const bool usable = verbs != NULL && sysfs_next(verbs) != NULL;

	if (verbs != NULL)
		closedir(verbs);
	if (usable || strncmp(device->driver, "mlx", 3) != 0)
		finding_ok(FINDING_BINDING, "%s: %s, which shares it with DPDK", device->address,
			   device->driver);
	else
		finding_fail(FINDING_BINDING,
			     "%s: %s shares it with DPDK through verbs, and there are none; "
			     "sudo modprobe -a ib_uverbs mlx%c_ib",
			     device->address, device->driver, device->driver[3]);
}

static void judge_binding(const char *root, const struct device *device)
{
	const char *address = device->address;

	switch (device->access) {
	case DEVICE_ABSENT:
		finding_fail(FINDING_BINDING,
			     "%s: no such device, so nothing comes from it; \"lspci -D\" lists "
			     "them",
			     address);
		break;
	case DEVICE_NO_DRIVER:
		if (is_old_virtio(root, device))
			finding_ok(FINDING_BINDING, "%s: no driver, and old virtio needs none",
				   address);
		else
			finding_fail(FINDING_BINDING,
				     "%s: no driver gives it to DPDK; sudo modprobe vfio-pci "
				     "&& " BIND("%s"),
				     address, address);
		break;
	case DEVICE_KERNEL:
		judge_kernel(device);
		break;
	case DEVICE_VFIO:
		finding_ok(FINDING_BINDING, "%s: %s", address, device->driver);
		break;
	case DEVICE_UIO:
		finding_warn(FINDING_BINDING,
			     "%s: %s lets the device write all memory of this machine; " BIND("%s"),
			     address, device->driver, address);
		break;
	case DEVICE_BIFURCATED:
		judge_bifurcated(root, device);
		break;
	}
}

static bool is_the_kernels(const struct device *device)
{
	return !is_given(device);
}

/* Nobody named a device, and there is none. */
static void judge_absence(const struct check_run *run)
{
	struct device devices[DEVICES_MAX];
	const unsigned int count = scan(run, is_the_kernels, devices);

	if (run->eal.vdevs > 0)
		return;
	if (count == 0)
		finding_fail(FINDING_BINDING,
			     "no PCI network device at all: nothing to receive from; give "
			     "--interface NAME, or --vdev");
	else
		finding_fail(
			FINDING_BINDING,
			"no network device is DPDK's: the kernel has all %u, as %s (%s); "
			"sudo modprobe vfio-pci && " BIND("%s"),
			count, devices[0].address,
			devices[0].interface[0] != '\0' ? devices[0].interface : "no interface",
			devices[0].address);
}

void devices_binding(const struct check_run *run)
{
	struct device devices[DEVICES_MAX];
	const unsigned int count = devices_find(run, devices);

	for (unsigned int i = 0; i < count; i++)
		judge_binding(run->root, &devices[i]);
	if (count == 0 && !run->eal.allow_list && !run->eal.no_pci)
		judge_absence(run);
}

/* ---- IOMMU ---- */

/* What vfio takes for harmless beside its own devices: bridges and what nobody drives. */
static bool spoils_group(const char *driver)
{
	return driver[0] != '\0' && strcmp(driver, "vfio-pci") != 0 &&
	       strcmp(driver, "pci-stub") != 0 && strcmp(driver, "pcieport") != 0;
}

static bool judge_group(const char *root, const struct device *device)
{
	DIR *members = sysfs_directory(root, "/sys/kernel/iommu_groups/%s/devices", device->group);
	const struct dirent *entry;
	bool alone = true;

	while (alone && members != NULL && (entry = sysfs_next(members)) != NULL) {
		char driver[32];

		sysfs_link(driver, sizeof(driver), root, PCI "/driver", entry->d_name);
		alone = !spoils_group(driver);
		if (!alone)
			finding_fail(FINDING_IOMMU,
				     "%s: its IOMMU group %s also has %.15s, which %s keeps for "
				     "the kernel, so vfio gives neither away; " BIND("%.15s"),
				     device->address, device->group, entry->d_name, driver,
				     entry->d_name);
	}
	if (members != NULL)
		closedir(members);
	return alone;
}

/* For the kernel's command line: only Intel's has to be switched on there, too. */
static const char *iommu_words(const char *root)
{
	char vendor[64] = "", path[512];
	FILE *file = fopen(sysfs_path(path, sizeof(path), root, "/proc/cpuinfo"), "re");

	while (file != NULL && fgets(vendor, sizeof(vendor), file) != NULL &&
	       strncmp(vendor, "vendor_id", 9) != 0)
		continue;
	if (file != NULL)
		fclose(file);
	return strstr(vendor, "GenuineIntel") != NULL ? "intel_iommu=on iommu=pt" : "iommu=pt";
}

static void judge_iommu(const char *root, const struct device *device)
{
	if (device->unshielded)
		finding_warn(FINDING_IOMMU,
			     "%s: vfio runs without an IOMMU, so the device can write all memory "
			     "of this machine; switch it on in the firmware, and add \"%s\" to the "
			     "kernel's command line, if the CPU has one",
			     device->address, iommu_words(root));
	else if (device->group[0] == '\0')
		finding_fail(FINDING_IOMMU,
			     "%s: there is no IOMMU, and vfio-pci gives no device away without; "
			     "switch it on in the firmware, and add \"%s\" to the kernel's command "
			     "line",
			     device->address, iommu_words(root));
	else if (judge_group(root, device))
		finding_ok(FINDING_IOMMU, "%s: group %s", device->address, device->group);
}

void devices_iommu(const struct check_run *run)
{
	struct device devices[DEVICES_MAX];
	const unsigned int count = devices_find(run, devices);

	for (unsigned int i = 0; i < count; i++)
		if (devices[i].access == DEVICE_VFIO)
			judge_iommu(run->root, &devices[i]);
}

/* ---- permissions ---- */

/* False after the finding. */
static bool may_open(const char *root, const char *node)
{
	char path[256];

	sysfs_path(path, sizeof(path), root, "%s", node);
	if (faccessat(AT_FDCWD, path, F_OK, 0) != 0) {
		finding_fail(FINDING_VFIO,
			     "%s: is not there, so no device can be opened; sudo modprobe vfio-pci",
			     node);
		return false;
	}
	if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) != 0) {
		finding_fail(FINDING_VFIO,
			     "%s: this user may not open it, nor so the device; sudo chown %u %s",
			     node, (unsigned int)geteuid(), node);
		return false;
	}
	return true;
}

void devices_vfio(const struct check_run *run)
{
	struct device devices[DEVICES_MAX];
	const unsigned int count = devices_find(run, devices);
	bool all = true, any = false;

	for (unsigned int i = 0; i < count && all; i++) {
		char node[48];

		if (devices[i].access != DEVICE_VFIO)
			continue;
		all = any || may_open(run->root, "/dev/vfio/vfio");
		any = true;
		if (devices[i].group[0] == '\0')
			continue;
		snprintf(node, sizeof(node), "/dev/vfio/%s%s",
			 devices[i].unshielded ? "noiommu-" : "", devices[i].group);
		all = all && may_open(run->root, node);
	}
	if (any && all)
		finding_ok(FINDING_VFIO, "this user may open the devices");
}
