/* SPDX-License-Identifier: BSD-3-Clause */
#include <pcapng_sums.h>

#include <criterion/criterion.h>
#include <string.h>

static uint8_t stream[4096];
static size_t size;

static void put32(uint32_t value)
{
	memcpy(stream + size, &value, sizeof(value));
	size += sizeof(value);
}

static void put_option(uint16_t code, uint64_t value)
{
	put32((uint32_t)8 << 16 | code); /* in the order of little-endian machines */
	memcpy(stream + size, &value, sizeof(value));
	size += sizeof(value);
}

/* A block of nothing. */
static void put_other(uint32_t type, uint32_t length)
{
	put32(type);
	put32(length);
	memset(stream + size, 0x5a, length - 12);
	size += length - 12;
	put32(length);
}

static void put_statistics(uint32_t interface, uint64_t lost, uint64_t delivered)
{
	const uint32_t length = 8 + 12 + 4 * 12 + 4 + 4;

	put32(5);
	put32(length);
	put32(interface);
	put32(0);
	put32(0);
	put_option(4, 111); /* isb_ifrecv */
	put_option(5, lost);
	put_option(6, lost + delivered);
	put_option(8, delivered);
	put32(0);
	put32(length);
}

static void make_stream(void)
{
	put_other(0x0a0d0d0a, 28);
	put_other(1, 100);
	put_other(6, 1500);
	put_other(6, 32);
	put_statistics(0, 3, UINT32_MAX);
	put_statistics(1, 1, 1);
}

static void expect_sums(const struct pcapng_sums *sums)
{
	cr_expect(sums->complete);
	cr_expect_eq(sums->lost, 4);
	cr_expect_eq(sums->delivered, UINT64_C(1) + UINT32_MAX);
}

Test(pcapng_sums, wherever_the_stream_is_cut)
{
	make_stream();
	for (size_t cut = 0; cut <= size; cut++) {
		struct pcapng_sums sums = {0};

		pcapng_sums_add(&sums, stream, cut);
		cr_expect_eq(sums.complete, cut >= size - 76, "%zu of %zu", cut, size);
		pcapng_sums_add(&sums, stream + cut, size - cut);
		expect_sums(&sums);
	}
}

Test(pcapng_sums, octet_by_octet)
{
	struct pcapng_sums sums = {0};

	make_stream();
	for (size_t i = 0; i < size; i++)
		pcapng_sums_add(&sums, stream + i, 1);
	expect_sums(&sums);
}

/* Whatever it is, it comes to an end. */
Test(pcapng_sums, a_stream_that_is_none)
{
	struct pcapng_sums sums = {0};

	for (unsigned int i = 0; i < 20000; i++) {
		uint8_t octet = (uint8_t)(i * 2654435761u >> 24) & (i % 3 == 0 ? 0xff : 0);

		pcapng_sums_add(&sums, &octet, 1);
	}
	cr_expect_leq(sums.seen, 20000);
}
