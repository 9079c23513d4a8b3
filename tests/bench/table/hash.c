/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one would build from DPDK alone: rte_hash with bulk look-up, and an array of records. They
 * are weir's records and weir's update; no timeouts, nothing ends, IPv4.
 */
#include "subject.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <weir/memory.h>

#include "record.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_memory.h>
#include <rte_prefetch.h>

#define BURST RTE_HASH_LOOKUP_BULK_MAX

const uint32_t subject_burst = BURST;

struct hash_table {
	struct rte_hash *hash;
	struct flow_hot *hot;
	struct flow_cold *cold;
	uint32_t capacity, used;
	uint64_t counted, overflow;
	struct packet packets[BURST];
	const void *keys[BURST];
};

/* Both tables in large pages, or the comparison would be one of TLB misses. */
static int ask_for_huge_pages(const struct rte_memseg_list *list, void *unused)
{
	(void)unused;
	(void)madvise(list->base_va, list->len, MADV_HUGEPAGE);
	return 0;
}

/* On the core where it is: the EAL would else go to the first one. */
static bool start_eal(void)
{
	char lcores[32], prefix[64];
	char *arguments[] = {(char *)"bench-table-hash",
			     lcores,
			     (char *)"--no-huge",
			     (char *)"-m",
			     (char *)"2048",
			     (char *)"--no-pci",
			     (char *)"--no-shconf",
			     (char *)"--no-telemetry",
			     (char *)"--log-level=*:error",
			     prefix};

	snprintf(lcores, sizeof(lcores), "--lcores=0@%d", sched_getcpu());
	snprintf(prefix, sizeof(prefix), "--file-prefix=weir-bench-%d-table", getppid());
	if (rte_eal_init((int)RTE_DIM(arguments), arguments) < 0)
		return false;
	rte_memseg_list_walk(ask_for_huge_pages, NULL);
	return true;
}

void *subject_create(const struct subject_settings *settings)
{
	struct rte_hash_parameters parameters = {
		.name = "flows",
		.entries = settings->capacity,
		.key_len = sizeof(struct packet_key),
		.hash_func = rte_hash_crc,
		.socket_id = SOCKET_ID_ANY,
	};
	struct hash_table *table = memory_allocate(sizeof(*table));
	size_t bytes = (size_t)settings->capacity * sizeof(struct flow_hot);

	if (settings->ipv6 || table == NULL || !start_eal()) {
		fprintf(stderr, "bench-table-hash: IPv4 only, one FLOWS, and it needs the EAL\n");
		return NULL;
	}
	table->capacity = settings->capacity;
	table->hash = rte_hash_create(&parameters);
	table->hot = memory_allocate(bytes);
	table->cold = memory_allocate(bytes);
	if (table->hash == NULL || table->hot == NULL || table->cold == NULL) {
		fprintf(stderr, "bench-table-hash: %s\n", rte_strerror(rte_errno));
		return NULL;
	}
	memory_prefault(table->hot, bytes);
	memory_prefault(table->cold, bytes);
	for (int i = 0; i < BURST; i++)
		table->keys[i] = &table->packets[i].key;
	return table;
}

void subject_destroy(void *subject)
{
	struct hash_table *table = subject;

	rte_hash_free(table->hash);
	memory_free(table->hot, (size_t)table->capacity * sizeof(struct flow_hot));
	memory_free(table->cold, (size_t)table->capacity * sizeof(struct flow_cold));
	memory_free(table, sizeof(*table));
	rte_eal_cleanup();
}

struct packet *subject_next(void *subject)
{
	return ((struct hash_table *)subject)->packets;
}

static void add(struct hash_table *table, const struct packet *packet)
{
	uintptr_t slot = table->used;

	if (slot == table->capacity ||
	    rte_hash_add_key_data(table->hash, &packet->key, (void *)slot) != 0) {
		table->overflow++;
		return;
	}
	table->used++;
	table->counted++;
	record_start(&table->hot[slot], &table->cold[slot], packet,
		     (struct flow_origin){.state = packet->direction}, 0);
}

/* As the flow table does. */
static void update(struct hash_table *table, uintptr_t slot, const struct packet *packet)
{
	static const struct flow_timeouts never = {.inactive = INT64_MAX, .active = UINT32_MAX};

	struct flow_hot *hot = &table->hot[slot];
	struct record_usual usual;
	bool is_usual = record_is_usual(hot, &never, packet, &usual);

	seqlock_write_begin(&hot->sequence);
	if (likely(is_usual))
		record_count_usual(hot, &usual);
	else
		record_update(hot, &table->cold[slot], packet);
	seqlock_write_end(&hot->sequence);
}

void subject_push(void *subject, uint64_t clock)
{
	struct hash_table *table = subject;
	void *slots[BURST];
	uint64_t found = 0;

	(void)clock; /* nothing expires */
	rte_hash_lookup_bulk_data(table->hash, table->keys, BURST, &found, slots);
	for (int i = 0; i < BURST; i++)
		if (found >> i & 1)
			rte_prefetch0_write(&table->hot[(uintptr_t)slots[i]]);
	for (int i = 0; i < BURST; i++) {
		if (likely(found >> i & 1)) {
			update(table, (uintptr_t)slots[i], &table->packets[i]);
			table->counted++;
		} else {
			add(table, &table->packets[i]);
		}
	}
}

struct subject_sums subject_finish(void *subject, uint64_t clock)
{
	const struct hash_table *table = subject;

	(void)clock;
	return (struct subject_sums){
		.counted = table->counted, .overflow = table->overflow, .created = table->used};
}
