/* SPDX-License-Identifier: BSD-3-Clause */
#include <request.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static char line[1000];

static struct request read_request(const char *text)
{
	struct request request;
	struct error error;

	strcpy(line, text);
	cr_assert_eq(request_parse(line, &request, &error), 0, "%s: %s", text, error.text);
	return request;
}

static void expect_refused(const char *text, const char *word)
{
	struct request request;
	struct error error;

	strcpy(line, text);
	cr_expect_eq(request_parse(line, &request, &error), -EINVAL, "%s", text);
	cr_expect_not_null(strstr(error.text, word), "%s: %s", text, error.text);
}

Test(request, all_of_it_may_be_missing)
{
	const char *const texts[] = {"", "   ", "filter="};

	for (int i = 0; i < 3; i++) {
		struct request request = read_request(texts[i]);

		cr_expect_null(request.filter);
		cr_expect_eq(request.snap, 262144);
		cr_expect_eq(request.count, UINT64_MAX);
		cr_expect_eq(request.duration, UINT64_MAX);
	}
}

Test(request, all_of_it)
{
	struct request request =
		read_request("snap=96  seconds=2.5 count=7 filter=udp port 53 and len=60");

	cr_expect_eq(request.snap, 96);
	cr_expect_eq(request.duration, 2500000000);
	cr_expect_eq(request.count, 7);
	cr_expect_str_eq(request.filter, "udp port 53 and len=60");
}

Test(request, limits)
{
	cr_expect_eq(read_request("snap=1").snap, 1);
	cr_expect_eq(read_request("snap=262144").snap, 262144);
	cr_expect_eq(read_request("count=18446744073709551614").count, UINT64_MAX - 1);
	cr_expect_eq(read_request("seconds=0.001").duration, 1000000);
	expect_refused("snap=262145", "snap=262145");
	expect_refused("count=18446744073709551615", "count=18446744073709551615");
	expect_refused("count=18446744073709551616", "count=");
	expect_refused("seconds=0.0009", "seconds=0.0009");
	expect_refused("seconds=1e9", "seconds=1e9");
}

Test(request, what_is_wrong_is_named)
{
	static const char *const wrong[][2] = {
		{"count=", "count="},         {"count=0", "count=0"},
		{"count=+1", "count=+1"},     {"count=1x", "count=1x"},
		{"snap=-1", "snap=-1"},       {"seconds=nan", "seconds=nan"},
		{"seconds=", "seconds="},     {"udp port 53", "udp"},
		{"port=53", "port="},         {"count=1 =2 filter=udp", "="},
		{"count=1 count", "count: "},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_refused(wrong[i][0], wrong[i][1]);
}
