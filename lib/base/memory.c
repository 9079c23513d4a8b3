/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/memory.h>

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)2 << 20)

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

void *memory_allocate(size_t bytes)
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
	(void)madvise(memory + before, whole, MADV_HUGEPAGE);
	return memory + before;
}

void memory_free(void *memory, size_t bytes)
{
	if (memory != NULL)
		munmap(memory, whole_pages(bytes));
}

void memory_prefault(void *memory, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	/* An atomic add of nothing touches the page for writing and keeps what is there. */
	for (size_t offset = 0; offset < bytes; offset += page)
		__atomic_fetch_add((uint8_t *)memory + offset, 0, __ATOMIC_RELAXED);
}
