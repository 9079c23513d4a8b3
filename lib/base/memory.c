/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/memory.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)2 << 20)

/* Of memory_allocate(): madvise()'s. */
static int usual = MADV_HUGEPAGE;

static void *map(size_t bytes)
{
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory != MAP_FAILED ? memory : NULL;
}

/* Large arrays take whole huge pages: in a part of one they would get small ones. */
static size_t whole_pages(size_t bytes)
{
	return bytes >= HUGE_PAGE ? (bytes + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1) : bytes;
}

/* `advice`: madvise()'s, for the whole of it. */
static void *allocate(size_t bytes, int advice)
{
	size_t whole = whole_pages(bytes);

	if (bytes < HUGE_PAGE)
		return map(bytes);
	if (bytes > SIZE_MAX - 2 * HUGE_PAGE)
		return NULL;
	uint8_t *memory = map(whole + HUGE_PAGE);

	if (memory == NULL)
		return NULL;
	size_t before = -(uintptr_t)memory & (HUGE_PAGE - 1);

	if (before > 0)
		munmap(memory, before);
	munmap(memory + before + whole, HUGE_PAGE - before);
	/* Advice only: without transparent huge pages it is merely slower. */
	(void)madvise(memory + before, whole, advice);
	return memory + before;
}

/* ---- what there is of it ---- */

struct area {
	void *memory;
	size_t bytes;
	struct area *next;
};
static struct area *areas;
static bool at_once;

/* NULL stays NULL; without room to note it there is none to give. */
static void *noted(void *memory, size_t bytes)
{
	struct area *area = memory != NULL ? malloc(sizeof(*area)) : NULL;

	if (area == NULL) {
		if (memory != NULL)
			munmap(memory, whole_pages(bytes));
		return NULL;
	}
	*area = (struct area){memory, bytes, areas};
	areas = area;
	if (at_once)
		memory_prefault(memory, bytes);
	return memory;
}

static void forget(const void *memory)
{
	struct area **link = &areas, *area;

	while (*link != NULL && (*link)->memory != memory)
		link = &(*link)->next;
	area = *link;
	if (area == NULL)
		return;
	*link = area->next;
	free(area);
}

size_t memory_reserved(void)
{
	size_t sum = 0;

	for (const struct area *area = areas; area != NULL; area = area->next)
		sum += area->bytes;
	return sum;
}

void memory_take_all(void)
{
	at_once = true;
	for (const struct area *area = areas; area != NULL; area = area->next)
		memory_prefault(area->memory, area->bytes);
}

void memory_expect_little(void)
{
	usual = MADV_NOHUGEPAGE;
}

void *memory_allocate(size_t bytes)
{
	return noted(allocate(bytes, usual), bytes);
}

void *memory_allocate_sparse(size_t bytes)
{
	return noted(allocate(bytes, MADV_NOHUGEPAGE), bytes);
}

void memory_free(void *memory, size_t bytes)
{
	if (memory == NULL)
		return;
	forget(memory);
	munmap(memory, whole_pages(bytes));
}

void memory_prefault(void *memory, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	/* An atomic add of nothing touches the page for writing and keeps what is there. */
	for (size_t offset = 0; offset < bytes; offset += page)
		__atomic_fetch_add((uint8_t *)memory + offset, 0, __ATOMIC_RELAXED);
}
