/* SPDX-License-Identifier: BSD-3-Clause */
/* The watch over devices of DPDK's own, with the time passed in. Kernel interfaces:
 * tests/smoke/blindness.py. */
#include <criterion/criterion.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include <weir/watch.h>

#include "eal_rig.h"

static struct events events;
static struct watch watch;
static struct port ports[2];

/* The clock stands at so many seconds, and the date is 1000 s more. */
static struct clock_reading at(uint64_t seconds)
{
	return (struct clock_reading){seconds * CLOCK_SECOND, 1000 * (int64_t)CLOCK_SECOND};
}

static void begin(const char *const *devices, uint32_t count)
{
	static const char *const names[] = {"net_null0", "net_null1"};

	eal_rig_start(devices);
	for (uint32_t p = 0; p < count; p++)
		eal_rig_open(eal_rig_port(names[p]), 1, &ports[p]);
	events_init(&events);
	log_set_level(LOG_LEVEL_ERROR);
	watch_start(&watch, ports, count, false, &events, at(100));
}

static void end(uint32_t count)
{
	watch_stop(&watch);
	for (uint32_t p = 0; p < count; p++)
		port_close(&ports[p]);
	eal_rig_stop();
}

/* How many events there were, and the newest of them. */
static uint64_t newest(struct event *event)
{
	uint64_t added;

	*event = (struct event){.kind = EVENT_KINDS};
	events_newest(&events, 0, 1, event, &added);
	return added;
}

static void join(void *context, const char *text)
{
	strcat(strcat(context, text), ";");
}

static const char *remarks(void)
{
	static char all[4096];

	all[0] = '\0';
	events_each_remark(&events, join, all);
	return all;
}

static const char *const one_device[] = {"--vdev=net_null0", NULL};
static const char *const two_devices[] = {"--vdev=net_null0", "--vdev=net_null1", NULL};

Test(watch, no_frame_since_the_start_is_said_once)
{
	struct event event;

	begin(one_device, 1);
	for (uint64_t second = 100; second < 110; second++)
		watch_step(&watch, at(second));
	cr_expect_eq(newest(&event), 0);
	for (uint64_t second = 110; second < 130; second++)
		watch_step(&watch, at(second));
	cr_assert_eq(newest(&event), 1);
	cr_expect_eq(event.kind, EVENT_NO_FRAMES);
	cr_expect_str_eq(event.port, "net_null0");
	cr_expect_eq(event.time, 1110 * CLOCK_SECOND, "the date of the look");
	cr_expect_not_null(strstr(remarks(), "net_null0: no frame"), "%s", remarks());

	cr_assert_geq(eal_rig_poll(&ports[0], 32, NULL, NULL), 32);
	watch_step(&watch, at(130));
	cr_assert_eq(newest(&event), 2);
	cr_expect_eq(event.kind, EVENT_FIRST_FRAME);
	cr_expect_str_eq(remarks(), "");
	end(1);
}

Test(watch, a_port_with_frames_is_not_spoken_of)
{
	struct event event;

	begin(two_devices, 2);
	cr_assert_geq(eal_rig_poll(&ports[1], 32, NULL, NULL), 32);
	for (uint64_t second = 100; second < 130; second++)
		watch_step(&watch, at(second));
	cr_assert_eq(newest(&event), 1);
	cr_expect_str_eq(event.port, "net_null0");
	end(2);
}

/* As the EAL does when somebody unbinds vfio-pci. */
Test(watch, a_device_is_wanted_back)
{
	struct port_counters before, after;
	struct event event;

	begin(two_devices, 2);
	for (int p = 0; p < 2; p++)
		cr_assert_geq(eal_rig_poll(&ports[p], 32, NULL, NULL), 32);
	port_read_counters(&ports[0], &before);
	watch_step(&watch, at(100));
	rte_dev_event_callback_process("net_null0", RTE_DEV_EVENT_REMOVE);
	watch_step(&watch, at(101));
	cr_assert_eq(newest(&event), 1);
	cr_expect_eq(event.kind, EVENT_PORT_REMOVED);
	cr_expect_str_eq(event.port, "net_null0");
	cr_expect_not(watch_is_blind(&watch), "the other port is there");
	cr_expect_not_null(strstr(remarks(), "net_null0 is gone since 1970-01-01T00:18:21Z"), "%s",
			   remarks());
	/* Nobody knows what a device says that is not there. */
	eal_rig_poll(&ports[0], 32, NULL, NULL);
	port_read_counters(&ports[0], &after);
	cr_expect_eq(after.received, before.received);
	cr_expect_not(after.link_up);
	end(2);
}

Test(watch, all_ports_are_taken_away)
{
	struct event event;

	begin(one_device, 1);
	watch_step(&watch, at(100));
	cr_expect_not(watch_is_blind(&watch));
	cr_assert_eq(rte_vdev_uninit("net_null0"), 0);
	watch_step(&watch, at(101));
	cr_assert_eq(newest(&event), 1);
	cr_expect_eq(event.kind, EVENT_PORT_REMOVED);
	cr_expect(watch_is_blind(&watch));
	for (uint64_t second = 102; second < 120; second++)
		watch_step(&watch, at(second));
	cr_expect_eq(newest(&event), 1, "once");
	end(1);
}
