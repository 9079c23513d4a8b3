/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/memory.h>

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE (2u << 20)

void *memory_allocate(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	/* Advice only: without transparent huge pages it is merely slower. */
	if (bytes >= HUGE_PAGE)
		(void)madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}

void memory_free(void *memory, size_t bytes)
{
	if (memory != NULL)
		munmap(memory, bytes);
}

void memory_prefault(void *memory, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	/* An atomic add of nothing touches the page for writing and keeps what is there. */
	for (size_t offset = 0; offset < bytes; offset += page)
		__atomic_fetch_add((uint8_t *)memory + offset, 0, __ATOMIC_RELAXED);
}
