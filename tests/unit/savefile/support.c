/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include <string.h>

#include <criterion/criterion.h>

#include <kit/memory_stream.h>

void put8(struct bytes *bytes, uint8_t value)
{
	cr_assert(bytes->count < sizeof(bytes->at));
	bytes->at[bytes->count++] = value;
}

void put16(struct bytes *bytes, uint16_t value)
{
	put8(bytes, (uint8_t)(bytes->swapped ? value >> 8 : value));
	put8(bytes, (uint8_t)(bytes->swapped ? value : value >> 8));
}

void put32(struct bytes *bytes, uint32_t value)
{
	put16(bytes, (uint16_t)(bytes->swapped ? value >> 16 : value));
	put16(bytes, (uint16_t)(bytes->swapped ? value : value >> 16));
}

void put_fill(struct bytes *bytes, uint8_t value, size_t count)
{
	while (count-- > 0)
		put8(bytes, value);
}

void put_pcap(struct bytes *bytes, uint32_t magic, uint32_t link)
{
	put32(bytes, magic);
	put16(bytes, 2);
	put16(bytes, 4);
	put_fill(bytes, 0, 8);
	put32(bytes, 65535);
	put32(bytes, link);
}

void put_record(struct bytes *bytes, uint32_t seconds, uint32_t fraction, uint32_t captured,
		uint32_t wire)
{
	put32(bytes, seconds);
	put32(bytes, fraction);
	put32(bytes, captured);
	put32(bytes, wire);
	put_fill(bytes, (uint8_t)captured, captured);
}

size_t put_block(struct bytes *bytes, uint32_t type)
{
	size_t begin = bytes->count;

	put32(bytes, type);
	put32(bytes, 0);
	return begin;
}

void end_block(struct bytes *bytes, size_t begin)
{
	size_t end;

	put_fill(bytes, 0, (begin - bytes->count) % 4);
	end = bytes->count + 4;
	bytes->count = begin + 4;
	put32(bytes, (uint32_t)(end - begin));
	bytes->count = end - 4;
	put32(bytes, (uint32_t)(end - begin));
}

void put_section(struct bytes *bytes)
{
	size_t begin = put_block(bytes, 0x0a0d0d0a);

	put32(bytes, 0x1a2b3c4d);
	put16(bytes, 1);
	put_fill(bytes, 0, 2);
	put_fill(bytes, 0xff, 8);
	end_block(bytes, begin);
}

void put_interface(struct bytes *bytes, uint16_t link)
{
	size_t begin = put_block(bytes, 1);

	put16(bytes, link);
	put_fill(bytes, 0, 6);
	end_block(bytes, begin);
}

void put_packet(struct bytes *bytes, uint32_t interface, uint64_t stamp, uint32_t captured)
{
	size_t begin = put_block(bytes, 6);

	put32(bytes, interface);
	put32(bytes, (uint32_t)(stamp >> 32));
	put32(bytes, (uint32_t)stamp);
	put32(bytes, captured);
	put32(bytes, captured);
	put_fill(bytes, (uint8_t)captured, captured);
	end_block(bytes, begin);
}

void put_simple(struct bytes *bytes, uint32_t captured)
{
	size_t begin = put_block(bytes, 3);

	put32(bytes, captured);
	put_fill(bytes, (uint8_t)captured, captured);
	end_block(bytes, begin);
}

struct got read_bytes(const void *bytes, size_t count, size_t step, size_t size)
{
	struct savefile_frame frames[SAVEFILE_BATCH];
	struct savefile file;
	struct error error = {""};
	struct got got = {0};
	unsigned int batch;

	got.result = savefile_open(&file, "file", memory_stream(bytes, count, step), size, &error);
	if (got.result != 0) {
		cr_assert_neq(error.text[0], '\0');
		return got;
	}
	while ((batch = savefile_read(&file, frames)) > 0)
		for (unsigned int i = 0; i < batch; i++) {
			cr_assert(got.count < sizeof(got.first));
			got.first[got.count] = frames[i].captured > 0 ? frames[i].data[0] : 0;
			got.frames[got.count++] = frames[i];
		}
	got.end = file.end;
	got.lost = file.lost;
	got.timeless = file.timeless;
	for (unsigned int i = 0; i < file.skipped_count; i++)
		got.skipped += (unsigned int)file.skipped[i].frames;
	cr_assert((file.why != NULL) == (file.end != SAVEFILE_WHOLE));
	savefile_close(&file);
	return got;
}
