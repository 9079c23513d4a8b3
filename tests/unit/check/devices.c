/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that DPDK would not get, and why. Each fault has its one line. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"

TestSuite(devices, .init = rig_begin, .fini = rig_end);

#define PCI "/sys/bus/pci/devices/"

static void set_driver(const char *device, const char *driver)
{
	char path[128], target[128];

	snprintf(path, sizeof(path), PCI "%s/driver", device);
	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
	rig_link(path, target);
}

Test(devices, all_is_well)
{
	rig_check_host();
	rig_expect(FINDING_BINDING, VERDICT_OK, NIC, "vfio-pci", NULL);
	rig_expect(FINDING_IOMMU, VERDICT_OK, "17", NULL);
	rig_expect(FINDING_VFIO, VERDICT_OK, NULL);
	rig_expect(FINDING_HUGEPAGES, VERDICT_OK, "116", NULL);
}

Test(devices, no_such_device)
{
	rig_arguments("-a", "04:00.1,some=argument", "--no-huge", "-m", "256", NULL);
	rig_check_host();
	rig_expect(FINDING_BINDING, VERDICT_FAIL, "0000:04:00.1", "lspci", NULL);
}

/* As in "-a 0:0.0", which has the EAL take no PCI device; or an accelerator. */
Test(devices, what_is_no_nic_is_no_port)
{
	rig_file(PCI "0000:00:00.0/class", "0x060000\n");
	rig_arguments("-a", "00:00.0", "--vdev", "net_null0", NULL);
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_OK, "need 36", NULL);
}

Test(devices, the_kernel_has_it)
{
	set_driver(NIC, "ice");
	rig_file(PCI NIC "/net/eth2/mtu", "1500\n");
	rig_check_host();
	rig_expect(FINDING_BINDING, VERDICT_FAIL, "ice", "eth2",
		   "dpdk-devbind.py --bind=vfio-pci " NIC, NULL);
}

Test(devices, virtio_interfaces_lie_deeper)
{
	set_driver(NIC, "virtio-pci");
	rig_file(PCI NIC "/virtio3/net/eth5/mtu", "1500\n");
	rig_check_host();
	rig_expect(FINDING_BINDING, VERDICT_FAIL, "virtio-pci", "eth5", NULL);
}

Test(devices, nobody_has_it)
{
	rig_link(PCI NIC "/driver", NULL);
	rig_check_host();
	rig_expect(FINDING_BINDING, VERDICT_FAIL, "no driver", "modprobe vfio-pci", NULL);
	rig_file(PCI NIC "/vendor", "0x1af4\n");
	rig_file(PCI NIC "/device", "0x1000\n");
	rig_check_host();
	rig_expect(FINDING_BINDING, VERDICT_OK, "virtio", NULL);
}

Test(devices, mellanox_stays_with_the_kernel)
{
	set_driver(NIC, "mlx5_core");
	rig_check_host();
	rig_expect(FINDING_BINDING, VERDICT_FAIL, "verbs", "mlx5_ib", NULL);
	rig_file("/sys/class/infiniband_verbs/uverbs0/dev", "231:192\n");
	rig_check_host();
	rig_expect(FINDING_BINDING, VERDICT_OK, "mlx5_core", NULL);
}

Test(devices, uio_shields_nothing)
{
	set_driver(NIC, "uio_pci_generic");
	rig_check_host();
	rig_expect(FINDING_BINDING, VERDICT_WARN, "all memory", "--bind=vfio-pci", NULL);
}

Test(devices, nobody_named_one)
{
	rig_arguments("-l", "0-4", NULL);
	rig_check_host();
	rig_expect(FINDING_BINDING, VERDICT_OK, NIC, NULL);
	set_driver(NIC, "ice");
	rig_file(PCI NIC "/net/eth2/mtu", "1500\n");
	rig_check_host();
	rig_expect(FINDING_BINDING, VERDICT_FAIL, "eth2", "--bind=vfio-pci " NIC, NULL);
	rig_arguments("-l", "0-4", "--vdev", "net_null0", NULL);
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_OK, NULL);
}

Test(devices, there_is_no_iommu)
{
	rig_link(PCI NIC "/iommu_group", NULL);
	rig_check_host();
	rig_expect(FINDING_IOMMU, VERDICT_FAIL, "intel_iommu=on", NULL);
}

/* Then vfio makes a group itself, and nodes of other names. */
Test(devices, vfio_does_without_iommu)
{
	struct error error = {0};

	rig_file("/sys/kernel/iommu_groups/17/name", "vfio-noiommu\n");
	rig_remove("/dev/vfio/17");
	rig_file("/dev/vfio/noiommu-17", "");
	rig_check_host();
	rig_expect(FINDING_IOMMU, VERDICT_WARN, "all memory", "intel_iommu=on iommu=pt", NULL);
	rig_file("/proc/cpuinfo", "processor : 0\nvendor_id\t: AuthenticAMD\n");
	rig_check_host();
	rig_expect(FINDING_IOMMU, VERDICT_WARN, "\"iommu=pt\"", NULL);
	cr_expect_eq(check_start(&rig_run, &error), 0, "%s", error.text);
}

Test(devices, the_kernel_has_another_of_its_group)
{
	rig_link("/sys/kernel/iommu_groups/17/devices/0000:03:00.1", "../0000:03:00.1");
	set_driver("0000:03:00.1", "pcieport");
	rig_check_host();
	rig_expect(FINDING_IOMMU, VERDICT_OK, NULL);
	set_driver("0000:03:00.1", "ice");
	rig_check_host();
	rig_expect(FINDING_IOMMU, VERDICT_FAIL, "17", "--bind=vfio-pci 0000:03:00.1", NULL);
}

Test(devices, vfio_is_not_loaded)
{
	rig_remove("/dev/vfio");
	rig_check_host();
	rig_expect(FINDING_VFIO, VERDICT_FAIL, "/dev/vfio/vfio", "modprobe", NULL);
}

/* What fails without doubt keeps a run from starting, with the same line. */
Test(devices, a_run_refuses)
{
	struct error error = {0};

	rig_run.files[0] = "/nowhere/flows"; /* that weir finds out by itself */
	cr_expect_eq(check_start(&rig_run, &error), 0, "%s", error.text);
	set_driver(NIC, "ice");
	cr_expect_eq(check_start(&rig_run, &error), -EIO);
	cr_expect(strstr(error.text, "the kernel's driver ice") != NULL, "%s", error.text);
	rig_arguments("-h", NULL);
	cr_expect_eq(check_start(&rig_run, &error), 0, "%s", error.text);
}
