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

/* Who polls the ports, as far as the watch knows. */
static struct {
	bool stubborn; /* it does not let go */
	int let_go, taken_up;
	uint16_t port, id; /* of the last call */
} poller;

static bool let_go(void *context, uint16_t port)
{
	(void)context;
	poller.let_go++;
	poller.port = port;
	return !poller.stubborn;
}

static void take_up(void *context, uint16_t port, uint16_t id)
{
	(void)context;
	poller.taken_up++;
	poller.port = port;
	poller.id = id;
}

static void begin_with(const char *const *devices, const char *const *names, uint32_t count)
{
	const struct watch_settings settings = {
		.ports = ports,
		.count = count,
		.pollers = {.let_go = let_go, .take_up = take_up},
	};

	eal_rig_start(devices);
	for (uint32_t p = 0; p < count; p++)
		eal_rig_open(eal_rig_port(names[p]), 1, &ports[p]);
	events_init(&events);
	log_set_level(LOG_LEVEL_ERROR);
	watch_start(&watch, &settings, &events, at(100));
}

static void begin(const char *const *devices, uint32_t count)
{
	static const char *const names[] = {"net_null0", "net_null1"};

	begin_with(devices, names, count);
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
	cr_expect_eq(rte_eth_dev_count_avail(), 1, "it was given back");
	port_read_counters(&ports[0], &after);
	cr_expect_eq(after.received, before.received);
	cr_expect_not(after.link_up);
	for (uint64_t second = 102; second < 130; second++)
		watch_step(&watch, at(second));
	cr_expect_eq(newest(&event), 1, "%s", event.text);
	end(2);
}

Test(watch, a_device_is_given_back_when_nobody_polls_it)
{
	begin(two_devices, 2);
	poller.stubborn = true;
	rte_dev_event_callback_process("net_null1", RTE_DEV_EVENT_REMOVE);
	watch_step(&watch, at(100));
	watch_step(&watch, at(101));
	cr_expect_eq(poller.let_go, 2);
	cr_expect_eq(poller.port, 1);
	cr_expect_eq(rte_eth_dev_count_avail(), 2);
	poller.stubborn = false;
	watch_step(&watch, at(102));
	cr_expect_eq(rte_eth_dev_count_avail(), 1);
	end(2);
}

static void expect_received(struct port *port, uint64_t frames)
{
	struct port_counters counters;

	port_read_counters(port, &counters);
	cr_expect_eq(counters.received, frames);
	cr_expect_eq(counters.queue[0].received, frames);
}

Test(watch, a_device_comes_back)
{
	struct event event;
	uint64_t before, all;

	begin(two_devices, 2);
	before = eal_rig_poll(&ports[0], 32, NULL, NULL);
	cr_assert_geq(eal_rig_poll(&ports[1], 32, NULL, NULL), 32);
	expect_received(&ports[0], before);
	rte_dev_event_callback_process("net_null0", RTE_DEV_EVENT_REMOVE);
	watch_step(&watch, at(100));
	rte_dev_event_callback_process("net_null1", RTE_DEV_EVENT_REMOVE);
	watch_step(&watch, at(101));
	rte_dev_event_callback_process("net_null1", RTE_DEV_EVENT_ADD);
	watch_step(&watch, at(102));
	cr_expect_eq(poller.port, 1);
	cr_expect_eq(poller.id, 0, "ethdev gives the first number that is free");
	rte_dev_event_callback_process("net_null0", RTE_DEV_EVENT_ADD);
	watch_step(&watch, at(105));
	cr_assert_eq(newest(&event), 4);
	cr_expect_eq(event.kind, EVENT_PORT_ADDED);
	cr_expect_str_eq(event.port, "net_null0");
	cr_expect_not_null(strstr(event.text, "after 5.00 s"), "%s", event.text);
	cr_expect_not_null(strstr(remarks(), "net_null0 was blind 1 time, 5.00 s"), "%s",
			   remarks());
	cr_expect_eq(poller.taken_up, 2);
	cr_expect_eq(poller.port, 0);
	cr_expect_eq(poller.id, 1);

	expect_received(&ports[0], before);
	all = before + eal_rig_poll(&ports[0], 32, NULL, NULL);
	cr_expect_gt(all, before);
	expect_received(&ports[0], all);
	end(2);
}

/* ---- what drivers tell; it is ethdev's for them, and so in no header of it that is installed ----
 */

struct rte_eth_dev *rte_eth_dev_allocated(const char *name);
int rte_eth_dev_callback_process(struct rte_eth_dev *device, enum rte_eth_event_type event,
				 void *argument);

static void tell_of(const char *port, enum rte_eth_event_type event)
{
	struct rte_eth_dev *device = rte_eth_dev_allocated(port);

	cr_assert_not_null(device);
	cr_assert_eq(rte_eth_dev_callback_process(device, event, NULL), 0);
}

static void tell(enum rte_eth_event_type event)
{
	tell_of("net_null0", event);
}

Test(watch, a_driver_mends_its_device)
{
	struct event event;

	begin(one_device, 1);
	cr_assert_geq(eal_rig_poll(&ports[0], 32, NULL, NULL), 32);
	tell(RTE_ETH_EVENT_ERR_RECOVERING);
	for (uint64_t second = 100; second < 103; second++)
		watch_step(&watch, at(second));
	cr_assert_eq(newest(&event), 1);
	cr_expect_eq(event.kind, EVENT_PORT_RECOVERING);
	cr_expect(ports[0].unasked);
	cr_expect_not(watch_is_blind(&watch));
	tell(RTE_ETH_EVENT_RECOVERY_SUCCESS);
	watch_step(&watch, at(103));
	cr_assert_eq(newest(&event), 2);
	cr_expect_eq(event.kind, EVENT_PORT_RECOVERED);
	cr_expect_not(ports[0].unasked);
	/* Between two looks. */
	tell(RTE_ETH_EVENT_ERR_RECOVERING);
	tell(RTE_ETH_EVENT_RECOVERY_SUCCESS);
	watch_step(&watch, at(104));
	watch_step(&watch, at(105));
	cr_expect_eq(newest(&event), 4);
	tell(RTE_ETH_EVENT_ERR_RECOVERING);
	tell(RTE_ETH_EVENT_RECOVERY_FAILED);
	watch_step(&watch, at(106));
	cr_assert_eq(newest(&event), 5);
	cr_expect_eq(event.kind, EVENT_PORT_REMOVED);
	cr_expect(watch_is_blind(&watch));
	end(1);
}

/* What ends is only what is seen to be over: a link that is down is not up because more is wrong.
 */
Test(watch, a_driver_mends_a_device_without_link)
{
	static const enum event_kind expected[] = {EVENT_LINK_UP, EVENT_PORT_RECOVERED,
						   EVENT_PORT_RECOVERING, EVENT_LINK_DOWN};
	static const char *const device[] = {"--vdev=net_ring0,nodeaction=one:0:CREATE", NULL};
	static const char *const names[] = {"one"};
	struct event all[2 * RTE_DIM(expected)];
	uint64_t added;

	begin_with(device, names, 1);
	ports[0].link_known = true;
	watch_step(&watch, at(100));
	cr_assert_eq(rte_eth_dev_set_link_down(ports[0].id), 0);
	watch_step(&watch, at(101));
	tell_of("one", RTE_ETH_EVENT_ERR_RECOVERING);
	watch_step(&watch, at(102));
	tell_of("one", RTE_ETH_EVENT_RECOVERY_SUCCESS);
	watch_step(&watch, at(103));
	cr_assert_eq(rte_eth_dev_set_link_up(ports[0].id), 0);
	watch_step(&watch, at(104));
	cr_assert_eq(events_newest(&events, 0, RTE_DIM(all), all, &added), RTE_DIM(expected));
	for (unsigned int e = 0; e < RTE_DIM(expected); e++)
		cr_expect_eq(all[e].kind, expected[e], "%u: %s", e, all[e].text);
	cr_expect_not_null(strstr(all[0].text, "after 3.00 s"), "%s", all[0].text);
	end(1);
}

/* A driver without a reset of its own: the device is given back and taken anew. */
Test(watch, a_device_that_cannot_be_reset_is_taken_anew)
{
	static const enum event_kind expected[] = {EVENT_PORT_ADDED, EVENT_PORT_REMOVED,
						   EVENT_PORT_FAILED, EVENT_PORT_RESET};
	struct event all[RTE_DIM(expected)];
	uint64_t before, added;

	begin(two_devices, 2);
	before = eal_rig_poll(&ports[0], 32, NULL, NULL);
	expect_received(&ports[0], before);
	tell(RTE_ETH_EVENT_INTR_RESET);
	for (uint64_t second = 100; second < 104; second++)
		watch_step(&watch, at(second));
	cr_assert_eq(events_newest(&events, 0, RTE_DIM(all), all, &added), RTE_DIM(all));
	for (unsigned int e = 0; e < RTE_DIM(all); e++)
		cr_expect_eq(all[e].kind, expected[e], "%u: %s", e, all[e].text);
	cr_expect_gt(eal_rig_poll(&ports[0], 32, NULL, NULL), 0);
	cr_expect_eq(poller.taken_up, 1);
	end(2);
}

static bool has_device(const char *name)
{
	struct rte_dev_iterator iterator;
	const struct rte_device *device;
	bool found = false;

	RTE_DEV_FOREACH(device, "bus=vdev", &iterator)
	{
		found |= strcmp(rte_dev_name(device), name) == 0;
	}
	return found;
}

/* Workers poll the other port of it still. */
Test(watch, a_device_is_given_back_with_its_last_port)
{
	static const char *const device[] = {
		"--vdev=net_ring0,nodeaction=one:0:CREATE,nodeaction=two:0:CREATE", NULL};
	static const char *const names[] = {"one", "two"};

	begin_with(device, names, 2);
	tell_of("one", RTE_ETH_EVENT_INTR_RMV);
	watch_step(&watch, at(100));
	cr_expect_eq(rte_eth_dev_count_avail(), 1);
	cr_expect(has_device("net_ring0"));
	tell_of("two", RTE_ETH_EVENT_INTR_RMV);
	watch_step(&watch, at(101));
	cr_expect_eq(rte_eth_dev_count_avail(), 0);
	cr_expect_not(has_device("net_ring0"));
	end(2);
}

/* Also the only one: nothing ends for that, unless it cannot be had again. */
Test(watch, the_only_device_is_taken_anew)
{
	begin(one_device, 1);
	tell(RTE_ETH_EVENT_INTR_RESET);
	watch_step(&watch, at(100));
	cr_expect_eq(rte_eth_dev_count_avail(), 0);
	cr_expect_not(watch_is_blind(&watch));
	watch_step(&watch, at(101));
	cr_expect_eq(rte_eth_dev_count_avail(), 1);
	cr_expect_not(watch_is_blind(&watch));
	tell(RTE_ETH_EVENT_INTR_RESET);
	watch_step(&watch, at(102));
	strcpy(ports[0].device, "net_none0"); /* no driver takes that */
	watch_step(&watch, at(103));
	cr_expect(watch_is_blind(&watch));
	end(1);
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
