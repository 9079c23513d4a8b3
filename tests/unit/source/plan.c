/* SPDX-License-Identifier: BSD-3-Clause */
/* Which worker polls which queues, on which lcore; machines that are not at hand. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weir/finding.h>
#include <weir/plan.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Sixteen worker lcores on one node, 1..16. */
static struct plan_lcore lcores[16];

static void number_lcores(void)
{
	for (unsigned int i = 0; i < COUNT(lcores); i++)
		lcores[i] = (struct plan_lcore){.id = i + 1};
}

TestSuite(plan, .init = number_lcores);

static struct plan_offer offer_of(const struct plan_port *ports, uint32_t count)
{
	return (struct plan_offer){
		.lcores = lcores,
		.lcore_count = COUNT(lcores),
		.ports = ports,
		.port_count = count,
	};
}

/* The plan as text: "LCORE: PORT.QUEUE ...; " for each worker. */
static void expect_plan(const struct plan *plan, const char *expected)
{
	char text[4096] = "";
	size_t used = 0;

	for (uint16_t w = 0; w < plan->worker_count; w++) {
		const struct plan_worker *worker = &plan->workers[w];

		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s%u:", w > 0 ? "; " : "", worker->lcore);
		for (uint16_t q = 0; q < worker->queue_count; q++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, " %u.%u",
						 worker->queues[q].port, worker->queues[q].queue);
	}
	cr_expect_str_eq(text, expected);
}

static void expect_in_turn(const struct plan_offer *offer, uint16_t workers, const char *expected)
{
	struct plan plan;
	struct error error;

	cr_assert_eq(plan_in_turn(offer, workers, &plan, &error), 0, "%s", error.text);
	expect_plan(&plan, expected);
}

static void expect_by_hand(const struct plan_place *places, unsigned int count,
			   const char *expected)
{
	const struct plan_offer offer = offer_of(NULL, 0);
	struct plan plan;
	struct error error;

	cr_assert_eq(plan_by_hand(&offer, places, count, &plan, &error), 0, "%s", error.text);
	expect_plan(&plan, expected);
}

static void expect_refused(int result, const struct error *error, int code, const char *line)
{
	cr_expect_eq(result, -code);
	cr_expect_str_eq(error->text, line);
}

/* ---- how many workers ---- */

Test(plan, as_many_workers_as_lcores_unless_asked)
{
	cr_expect_eq(plan_workers(0, 5, NULL), 5);
	cr_expect_eq(plan_workers(2, 5, NULL), 2);
	cr_expect_eq(plan_workers(5, 5, NULL), 5);
	cr_expect_eq(plan_workers(0, 1000, NULL), WORKERS_MAX);
}

Test(plan, too_few_lcores)
{
	struct error error;

	expect_refused(plan_workers(0, 0, &error), &error, EINVAL,
		       "lcores: only the main one, and workers need others; give the EAL two or "
		       "more, as in -l 0-1");
	expect_refused(plan_workers(3, 2, &error), &error, EINVAL,
		       "--workers 3: the EAL has 2 worker lcores; give it more with -l");
}

/* ---- in turn ---- */

Test(plan, one_queue_has_one_worker)
{
	const struct plan_port port = {.queues = 1, .node = -1};
	const struct plan_offer offer = offer_of(&port, 1);

	expect_in_turn(&offer, 1, "1: 0.0");
	expect_in_turn(&offer, 8, "1: 0.0");
}

Test(plan, queue_i_of_every_port_meets_worker_i)
{
	const struct plan_port ports[] = {{.id = 0, .queues = 3}, {.id = 4, .queues = 3}};
	const struct plan_offer offer = offer_of(ports, 2);

	expect_in_turn(&offer, 3, "1: 0.0 4.0; 2: 0.1 4.1; 3: 0.2 4.2");
	expect_in_turn(&offer, 2, "1: 0.0 0.2 4.0 4.2; 2: 0.1 4.1");
}

Test(plan, workers_beyond_the_queues_of_a_port_take_those_of_others)
{
	const struct plan_port ports[] = {{.id = 0, .queues = 2}, {.id = 4, .queues = 2}};
	const struct plan_offer offer = offer_of(ports, 2);

	expect_in_turn(&offer, 3, "1: 0.0 4.1; 2: 0.1; 3: 4.0");
	expect_in_turn(&offer, 4, "1: 0.0; 2: 0.1; 3: 4.0; 4: 4.1");
	expect_in_turn(&offer, 9, "1: 0.0; 2: 0.1; 3: 4.0; 4: 4.1");
}

Test(plan, queues_of_one_number_are_a_pair_on_one_worker)
{
	const struct plan_port ports[] = {{.id = 0, .queues = 2}, {.id = 4, .queues = 2}};
	const struct plan_place places[] = {{0, 0, 2}, {0, 1, 1}, {1, 0, 2}, {1, 1, 1}};
	const struct plan_offer offer = offer_of(ports, 2);
	struct plan plan;
	struct error error;

	for (uint16_t workers = 1; workers < 4; workers++) {
		cr_assert_eq(plan_in_turn(&offer, workers, &plan, &error), 0);
		cr_expect_eq(plan_pairs_queues(&plan), workers < 3, "%u workers", workers);
	}
	cr_assert_eq(plan_by_hand(&offer, places, COUNT(places), &plan, &error), 0);
	cr_expect(plan_pairs_queues(&plan));
	plan.workers[0].queues[1].queue = 1;
	cr_expect_not(plan_pairs_queues(&plan));
}

Test(plan, a_port_with_more_queues_has_workers_of_its_own)
{
	const struct plan_port ports[] = {{.id = 0, .queues = 1}, {.id = 1, .queues = 3}};
	const struct plan_offer offer = offer_of(ports, 2);

	expect_in_turn(&offer, 3, "1: 0.0 1.0; 2: 1.1; 3: 1.2");
	expect_in_turn(&offer, 4, "1: 0.0; 2: 1.0; 3: 1.1; 4: 1.2");
}

Test(plan, queues_beyond_the_workers_begin_anew)
{
	const struct plan_port port = {.id = 2, .queues = 5};
	const struct plan_offer offer = offer_of(&port, 1);

	expect_in_turn(&offer, 2, "1: 2.0 2.2 2.4; 2: 2.1 2.3");
}

Test(plan, ports_that_are_a_queue_each_are_dealt_out)
{
	const struct plan_port ports[] = {
		{.id = 0, .queues = 1}, {.id = 1, .queues = 1}, {.id = 2, .queues = 1}};
	struct plan_offer offer = offer_of(ports, 3);

	expect_in_turn(&offer, 1, "1: 0.0 1.0 2.0");
	expect_in_turn(&offer, 3, "1: 0.0; 2: 1.0; 3: 2.0");
	offer.port_is_queue = true;
	expect_in_turn(&offer, 1, "1: 0.0 1.0 2.0");
	expect_in_turn(&offer, 3, "1: 0.0; 2: 1.0; 3: 2.0");
	expect_in_turn(&offer, 2, "1: 0.0 2.0; 2: 1.0");
	expect_in_turn(&offer, 9, "1: 0.0; 2: 1.0; 3: 2.0");
}

Test(plan, nothing_to_place_is_no_worker)
{
	const struct plan_offer offer = offer_of(NULL, 0);

	expect_in_turn(&offer, 4, "");
}

Test(plan, a_worker_has_so_many_queues_and_no_more)
{
	struct plan_port port = {.queues = 2 * WORKER_QUEUES_MAX};
	const struct plan_offer offer = offer_of(&port, 1);
	struct plan plan;
	struct error error;

	cr_expect_eq(plan_in_turn(&offer, 2, &plan, &error), 0);
	cr_expect_eq(plan.workers[1].queue_count, WORKER_QUEUES_MAX);
	port.queues++;
	expect_refused(plan_in_turn(&offer, 2, &plan, &error), &error, E2BIG,
		       "worker on lcore 1: more than 16 queues; use more workers");
}

Test(plan, each_worker_needs_a_lcore)
{
	const struct plan_port port = {.queues = 3};
	struct plan_offer offer = offer_of(&port, 1);
	struct plan plan;
	struct error error;

	offer.lcore_count = 2;
	expect_refused(plan_in_turn(&offer, 3, &plan, &error), &error, EINVAL,
		       "lcores: 2 are too few for 3 workers; give the EAL more with -l");
	expect_in_turn(&offer, 2, "1: 0.0 0.2; 2: 0.1");
}

/* ---- nodes ---- */

Test(plan, lcores_of_the_ports_node_go_first)
{
	const struct plan_lcore two_nodes[] = {{1, 0}, {2, 1}, {3, 0}, {4, 1}, {5, 0}};
	const struct plan_port port = {.queues = 3, .node = 1};
	struct plan_offer offer = offer_of(&port, 1);

	offer.lcores = two_nodes;
	offer.lcore_count = COUNT(two_nodes);
	expect_in_turn(&offer, 2, "2: 0.0 0.2; 4: 0.1");
	expect_in_turn(&offer, 3, "2: 0.0; 4: 0.1; 1: 0.2");
}

Test(plan, a_port_of_no_node_takes_lcores_in_order)
{
	const struct plan_lcore two_nodes[] = {{3, 1}, {1, 0}, {2, 0}};
	const struct plan_port port = {.queues = 3, .node = -1};
	struct plan_offer offer = offer_of(&port, 1);

	offer.lcores = two_nodes;
	offer.lcore_count = COUNT(two_nodes);
	expect_in_turn(&offer, 3, "3: 0.0; 1: 0.1; 2: 0.2");
}

static void hear(void *context, enum finding finding, enum verdict verdict, const char *text)
{
	cr_expect_eq(finding, FINDING_NUMA);
	cr_expect_eq(verdict, VERDICT_WARN);
	snprintf(context, 256, "%s", text);
}

/* A finding with these words; NULL: nothing is said. */
static void expect_told(const struct plan *plan, const struct plan_port *port, const char *words)
{
	char told[256] = "";

	finding_listen((struct finding_listener){hear, told});
	plan_tell_distance(plan, port, "0000:03:00.0");
	finding_listen((struct finding_listener){0});
	cr_expect(words != NULL ? strstr(told, words) != NULL : told[0] == '\0', "%s", told);
}

Test(plan, what_is_polled_from_another_node_is_far)
{
	const struct plan_lcore two_nodes[] = {{1, 0}, {2, 1}};
	const struct plan_place places[] = {{0, 0, 1}, {1, 0, 2}};
	const struct plan_port near = {.id = 0, .queues = 1, .node = 0};
	const struct plan_port far = {.id = 1, .queues = 1, .node = 0};
	const struct plan_port nowhere = {.id = 1, .queues = 1, .node = -1};
	struct plan_offer offer = offer_of(NULL, 0);
	struct plan plan;

	offer.lcores = two_nodes;
	offer.lcore_count = COUNT(two_nodes);
	cr_assert_eq(plan_by_hand(&offer, places, COUNT(places), &plan, NULL), 0);
	cr_expect(!plan_is_far(&plan.workers[0], &near));
	cr_expect(!plan_is_far(&plan.workers[0], &far), "it does not poll that");
	cr_expect(!plan_is_far(&plan.workers[1], &near), "nor it this");
	cr_expect(plan_is_far(&plan.workers[1], &far));
	cr_expect(!plan_is_far(&plan.workers[1], &nowhere));
	expect_told(&plan, &near, NULL);
	expect_told(&plan, &nowhere, NULL);
	expect_told(&plan, &far, "lcore 2 on node 1");
}

/* ---- by hand ---- */

Test(plan, places_are_followed)
{
	const struct plan_place places[] = {{0, 1, 7}, {0, 0, 3}, {5, 0, 7}, {5, 1, 2}};
	struct plan plan;
	const struct plan_offer offer = offer_of(NULL, 0);

	expect_by_hand(places, COUNT(places), "7: 0.1 5.0; 3: 0.0; 2: 5.1");
	cr_assert_eq(plan_by_hand(&offer, places, COUNT(places), &plan, NULL), 0);
	cr_expect_eq(plan_queues_of(&plan, 0), 2);
	cr_expect_eq(plan_queues_of(&plan, 5), 2);
	cr_expect_eq(plan_queues_of(&plan, 1), 0);
}

Test(plan, places_that_cannot_be)
{
	static const struct {
		struct plan_place places[2];
		const char *line;
	} cases[] = {
		{{{0, 0, 1}, {0, 0, 2}},
		 "--config (0,0,...): queue given twice or above 63; give each once"},
		{{{3, 64, 1}, {3, 0, 2}},
		 "--config (3,64,...): queue given twice or above 63; give each once"},
		{{{0, 0, 1}, {0, 2, 2}},
		 "--config: port 0 has a gap in its queues; number them from 0"},
		{{{0, 0, 1}, {9, 1, 2}},
		 "--config: port 9 has a gap in its queues; number them from 0"},
		{{{0, 0, 1}, {0, 1, 17}},
		 "--config: lcore 17 is not a worker of the EAL; see -l and --main-lcore"},
		{{{0, 0, 0}, {0, 1, 1}},
		 "--config: lcore 0 is not a worker of the EAL; see -l and --main-lcore"},
	};
	const struct plan_offer offer = offer_of(NULL, 0);
	struct plan plan;
	struct error error;

	for (size_t i = 0; i < COUNT(cases); i++)
		expect_refused(plan_by_hand(&offer, cases[i].places, 2, &plan, &error), &error,
			       EINVAL, cases[i].line);
}

Test(plan, a_worker_placed_by_hand_has_no_more_queues_either)
{
	const struct plan_offer offer = offer_of(NULL, 0);
	struct plan_place places[WORKER_QUEUES_MAX + 1];
	struct plan plan;
	struct error error;

	for (uint16_t i = 0; i < COUNT(places); i++)
		places[i] = (struct plan_place){.queue = i, .lcore = 6};
	cr_expect_eq(plan_by_hand(&offer, places, WORKER_QUEUES_MAX, &plan, &error), 0);
	cr_expect_eq(plan.worker_count, 1);
	expect_refused(plan_by_hand(&offer, places, COUNT(places), &plan, &error), &error, E2BIG,
		       "worker on lcore 6: more than 16 queues; use more workers");
}

Test(plan, every_place_may_be_a_worker)
{
	static struct plan_lcore many[PLAN_PLACES_MAX];
	static struct plan_place places[PLAN_PLACES_MAX];
	struct plan_offer offer = offer_of(NULL, 0);
	struct plan plan;

	for (uint16_t i = 0; i < PLAN_PLACES_MAX; i++) {
		many[i].id = i + 1u;
		places[i] = (struct plan_place){.queue = i, .lcore = i + 1u};
	}
	offer.lcores = many;
	offer.lcore_count = COUNT(many);
	cr_expect_eq(plan_by_hand(&offer, places, COUNT(places), &plan, NULL), 0);
	cr_expect_eq(plan.worker_count, PLAN_PLACES_MAX);
	cr_expect_eq(plan_queues_of(&plan, 0), PLAN_PLACES_MAX);
}
