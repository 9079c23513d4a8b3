/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/format.h>

static void expect_si(double value, const char *unit, const char *expected)
{
	char out[32];

	cr_expect_str_eq(format_si(out, sizeof(out), value, unit), expected);
}

Test(format, si)
{
	expect_si(0, "", "0");
	expect_si(7, "", "7");
	expect_si(0.5, "", "0.50");
	expect_si(99.94, "", "99.9");
	expect_si(99.96, "", "100");
	expect_si(999, "", "999");
	expect_si(999.4, "", "999");
	expect_si(999.6, "", "1.00 k");
	expect_si(1234, "", "1.23 k");
	expect_si(9996, "", "10.0 k");
	expect_si(45600000, "", "45.6 M");
	expect_si(789e9, "", "789 G");
	expect_si(999.6e9, "", "1.00 T");
	expect_si(2.5e15, "", "2.50 P");
	expect_si(1.8e19, "", "18.0 E");
	expect_si(5e21, "", "5000 E");
	expect_si(999, "bit/s", "999 bit/s");
	expect_si(1234, "bit/s", "1.23 kbit/s");
}

static void expect_count(uint64_t value, const char *expected)
{
	char out[32];

	cr_expect_str_eq(format_count(out, sizeof(out), value), expected);
}

Test(format, count)
{
	expect_count(0, "0");
	expect_count(999, "999");
	expect_count(1000, "1,000");
	expect_count(12345, "12,345");
	expect_count(123456, "123,456");
	expect_count(1234567, "1,234,567");
	expect_count(UINT64_MAX, "18,446,744,073,709,551,615");
}

static void expect_time(uint64_t ns, const char *expected)
{
	char out[40];

	cr_expect_str_eq(format_rfc3339(out, sizeof(out), ns), expected);
}

Test(format, rfc3339)
{
	expect_time(0, "1970-01-01T00:00:00.000000000Z");
	expect_time(1, "1970-01-01T00:00:00.000000001Z");
	/* date -u -d '2026-01-02T03:04:05Z' +%s */
	expect_time(1767323045 * CLOCK_SECOND + 678901234, "2026-01-02T03:04:05.678901234Z");
	expect_time(951782399 * CLOCK_SECOND + 999999999, "2000-02-28T23:59:59.999999999Z");
	expect_time(951782400 * CLOCK_SECOND, "2000-02-29T00:00:00.000000000Z");
	/* beyond 32 bits of seconds */
	expect_time(4294967296 * CLOCK_SECOND, "2106-02-07T06:28:16.000000000Z");
}

static void expect_duration(uint64_t ns, const char *expected)
{
	char out[32];

	cr_expect_str_eq(format_duration(out, sizeof(out), ns), expected);
}

Test(format, duration)
{
	expect_duration(0, "0 us");
	expect_duration(850 * 1000, "850 us");
	expect_duration(CLOCK_MILLISECOND, "1 ms");
	expect_duration(999 * CLOCK_MILLISECOND, "999 ms");
	expect_duration(1250 * CLOCK_MILLISECOND, "1.25 s");
	expect_duration(59 * CLOCK_SECOND, "59.00 s");
	expect_duration(60 * CLOCK_SECOND, "1 min 0 s");
	/* What would round to a full unit is written in the next larger one. */
	expect_duration(CLOCK_MILLISECOND - 1, "1 ms");
	expect_duration(CLOCK_SECOND - 1, "1.00 s");
	expect_duration(59900 * CLOCK_MILLISECOND, "59.90 s");
	expect_duration(59999 * CLOCK_MILLISECOND, "1 min 0 s");
	expect_duration(200 * CLOCK_SECOND, "3 min 20 s");
	expect_duration(3599 * CLOCK_SECOND, "59 min 59 s");
	expect_duration(3600 * CLOCK_SECOND, "1 h 0 min");
	expect_duration(7500 * CLOCK_SECOND, "2 h 5 min");
	expect_duration(100 * 3600 * CLOCK_SECOND, "100 h 0 min");
}

static void expect_address(int version, const char *text, const char *expected)
{
	uint8_t address[16];
	char out[64];

	cr_assert_eq(inet_pton(version == 6 ? AF_INET6 : AF_INET, text, address), 1);
	cr_expect_str_eq(format_address(out, sizeof(out), version, address), expected);
}

/* The examples of RFC 5952 among them. */
Test(format, address)
{
	expect_address(4, "0.0.0.0", "0.0.0.0");
	expect_address(4, "192.0.2.1", "192.0.2.1");
	expect_address(4, "255.255.255.255", "255.255.255.255");
	expect_address(6, "0:0:0:0:0:0:0:0", "::");
	expect_address(6, "0:0:0:0:0:0:0:1", "::1");
	expect_address(6, "2001:0DB8:0:0:0:0:0:1", "2001:db8::1");
	expect_address(6, "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
	expect_address(6, "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	expect_address(6, "2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
	expect_address(6, "::ffff:192.0.2.1", "::ffff:192.0.2.1");
}

Test(format, protocol)
{
	char out[16];

	cr_expect_str_eq(format_protocol(out, sizeof(out), 1), "icmp");
	cr_expect_str_eq(format_protocol(out, sizeof(out), 6), "tcp");
	cr_expect_str_eq(format_protocol(out, sizeof(out), 17), "udp");
	cr_expect_str_eq(format_protocol(out, sizeof(out), 58), "icmp6");
	cr_expect_str_eq(format_protocol(out, sizeof(out), 132), "sctp");
	cr_expect_str_eq(format_protocol(out, sizeof(out), 253), "253");
	cr_expect_str_eq(format_protocol(out, sizeof(out), 255), "255");
}

/* What does not fit is cut, terminated, and nothing behind it is touched. */
Test(format, cut_to_size)
{
	const uint8_t address[4] = {192, 0, 2, 1};
	char out[8];

	for (size_t size = 1; size < sizeof(out); size++) {
		out[size] = '#';
		cr_expect_eq(strlen(format_count(out, size, 123456789)), size - 1);
		cr_expect(strncmp(out, "123,456,789", size - 1) == 0);
		cr_expect_eq(strlen(format_si(out, size, 1234, "packets")), size - 1);
		cr_expect_eq(strlen(format_rfc3339(out, size, 0)), size - 1);
		cr_expect_eq(strlen(format_duration(out, size, 200 * CLOCK_SECOND)), size - 1);
		cr_expect_lt(strlen(format_address(out, size, 4, address)), size);
		cr_expect_lt(strlen(format_protocol(out, size, 43)), size);
		cr_expect_eq(out[size], '#', "%zu", size);
	}
}
