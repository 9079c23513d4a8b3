/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules as text: what is understood, and where what is wrong. Needs no rights. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/prefilter.h>

static int parse(const char *text, struct prefilter_rules **rules, struct error *error)
{
	return prefilter_rules_parse("rules", text, strlen(text), rules, error);
}

static void expect_text(const char *written, const char *canonical)
{
	struct prefilter_rules *rules = NULL;
	struct error error;
	char *text;

	cr_assert_eq(parse(written, &rules, &error), 0, "%s: %s", written, error.text);
	text = prefilter_rules_text(rules);
	cr_expect_str_eq(text, canonical);
	free(text);
	prefilter_rules_free(rules);
}

/* One line, and how it is written canonically; that must read as the same again. */
static const char *const understood[][2] = {
	{"drop from 192.0.2.0/24", "drop from 192.0.2.0/24"},
	{"\t drop   from 192.0.2.1/32\t# an address\r", "drop from 192.0.2.1"},
	{"pass to port 22 proto tcp", "pass proto tcp to port 22"},
	{"pass proto 6 to 2001:DB8:0::0/32 port 1-1", "pass proto tcp to 2001:db8::/32 port 1"},
	{"drop to port 22 to 192.0.2.1 from port 0-65535",
	 "drop from port 0-65535 to 192.0.2.1 port 22"},
	{"limit 100000 packets/s proto udp to port 53",
	 "limit 100k packets/s proto udp to port 53"},
	{"limit 100k packets/s burst 10k packets proto udp", "limit 100k packets/s proto udp"},
	{"limit 7 packets/s burst 7 packets proto udp",
	 "limit 7 packets/s burst 7 packets proto udp"},
	{"limit 500kbit/s then pass from 10.0.0.0/8", "limit 500 kbit/s then pass from 10.0.0.0/8"},
	{"limit 0500000 bit/s then analyse from 10.0.0.0/8", "limit 500 kbit/s from 10.0.0.0/8"},
	{"limit 2500 Mbit/s burst 64k octets then drop vlan 7",
	 "limit 2500 Mbit/s burst 64k octets then drop vlan 7"},
	{"sample 1/100 proto 99 vlan 7-7", "sample 1/100 proto 99 vlan 7"},
	{"analyse vlan 7-9 from 2001:db8::/32 to port 1000-2000",
	 "analyse vlan 7-9 from 2001:db8::/32 to port 1000-2000"},
	{"drop ip", "drop ip"},
	{"drop ip6 proto icmp6", "drop ip6 proto icmp6"},
	{"drop ip from 0.0.0.0/0", "drop from 0.0.0.0/0"},
	{"pass arp", "pass arp"},
	{"limit 10 packets/s non-ip", "limit 10 packets/s non-ip"},
};

Test(lines, are_understood)
{
	for (size_t i = 0; i < sizeof(understood) / sizeof(understood[0]); i++) {
		char canonical[200];

		snprintf(canonical, sizeof(canonical), "%s\ndefault analyse\n", understood[i][1]);
		expect_text(understood[i][0], canonical);
		expect_text(canonical, canonical);
	}
}

Test(lines, defaults)
{
	expect_text("", "default analyse\n");
	expect_text("# nothing\n\n   \n", "default analyse\n");
	expect_text("default drop\npass arp", "pass arp\ndefault drop\n");
	expect_text("default sample 1/10", "default sample 1/10\n");
	expect_text("default limit 1 Gbit/s then pass\n", "default limit 1 Gbit/s then pass\n");
}

Test(lines, keep_their_order)
{
	expect_text("drop from 10.0.0.0/8\npass arp\ndrop to 10.0.0.0/8\nanalyse proto tcp\n",
		    "drop from 10.0.0.0/8\npass arp\ndrop to 10.0.0.0/8\nanalyse proto tcp\n"
		    "default analyse\n");
}

/* What is wrong, where, and a word of what is possible instead. */
static const char *const refused[][3] = {
	{"block from 192.0.2.0/24", "rules:1:1: 'block'", "default"},
	{"\n\n  drop form 192.0.2.0/24", "rules:3:8: 'form'", "from, to, proto"},
	{"drop", "rules:1:5: end of line", "default ACTION"},
	{"drop # from 192.0.2.0/24", "rules:1:6: end of line", "condition"},
	{"drop from", "rules:1:10: end of line", "address"},
	{"drop from 192.0.2.0/33", "rules:1:11: '192.0.2.0/33'", "0..32"},
	{"drop from 192.0.2.1/24", "rules:1:11: '192.0.2.1/24'", "first address"},
	{"drop from 2001:db8::1/32", "rules:1:11: ", "first address"},
	{"drop from 2001:db8:0:1::/63", "rules:1:11: ", "first address"},
	{"drop from 192.0.2", "rules:1:11: '192.0.2'", "192.0.2.0/24"},
	{"drop from 192.0.2.0/", "rules:1:11: ", "prefix length"},
	{"drop from example.org", "rules:1:11: 'example.org'", "address"},
	{"drop from 10.0.0.0/8 from 11.0.0.0/8", "rules:1:27: '11.0.0.0/8'", "one is possible"},
	{"drop from 10.0.0.0/8 to ::1", "rules:1:25: '::1'", "IPv4"},
	{"drop ip6 to 10.0.0.1", "rules:1:13: '10.0.0.1'", "IPv6"},
	{"drop ip ip6", "rules:1:9: 'ip6'", "IPv4"},
	{"drop to port 65536", "rules:1:14: '65536'", "0..65535"},
	{"drop to port 9-7", "rules:1:14: '9-7'", "range"},
	{"drop to port", "rules:1:13: end of line", "range"},
	{"drop to port 1 to port 2", "rules:1:19: 'port'", "one range"},
	{"drop proto quic", "rules:1:12: 'quic'", "tcp, udp"},
	{"drop proto 256", "rules:1:12: '256'", "0..255"},
	{"drop proto tcp proto udp", "rules:1:16: 'proto'", "already"},
	{"drop vlan 4096", "rules:1:11: '4096'", "0..4095"},
	{"drop arp from 10.0.0.1", "rules:1:10: 'from'", "alone"},
	{"drop proto icmp to port 5", "rules:1:26: end of line", "has no ports"},
	{"drop from port 7 proto 99", "rules:1:26: end of line", "has no ports"},
	{"drop proto tcp arp", "rules:1:16: 'arp'", "alone"},
	{"limit proto udp", "rules:1:7: 'proto'", "packets/s"},
	{"limit 10 frames/s proto udp", "rules:1:10: 'frames/s'", "packets/s"},
	{"limit 10 proto udp", "rules:1:10: 'proto'", "packets/s"},
	{"limit 0 packets/s proto udp", "rules:1:7: '0'", "at least"},
	{"limit 999 bit/s proto udp", "rules:1:7: '999'", "1000 bit/s"},
	{"limit 2000 Gbit/s proto udp", "rules:1:7: '2000'", "10^12"},
	{"limit 99999999999999999999 bit/s proto udp", "rules:1:7: ", "rate"},
	{"limit 10 packets/s burst 10 octets proto udp", "rules:1:29: 'octets'", "packets"},
	{"limit 10 packets/s burst 0 packets proto udp", "rules:1:26: '0'", "leave it out"},
	{"limit 10 packets/s burst 40000 packets proto udp", "rules:1:26: '40000'", "4000 seconds"},
	{"limit 10 packets/s then limit proto udp", "rules:1:25: 'limit'", "analyse, pass or drop"},
	{"sample 100 proto udp", "rules:1:8: '100'", "1/N"},
	{"sample 1/1 proto udp", "rules:1:8: '1/1'", "2"},
	{"sample 1/2000000000 proto udp", "rules:1:8: ", "1000000000"},
	{"default", "rules:1:8: end of line", "analyse"},
	{"default drop from 10.0.0.0/8", "rules:1:14: 'from'", "no conditions"},
	{"default drop\ndefault pass", "rules:2:1: ", "second default"},
	{"drop from 10.0.0.0/8\npass arp\ndrop from 10.0.0.0/8", "rules:3:1: ", "line 1"},
	{"drop from 10.0.0.1\ndrop from 10.0.0.1/32", "rules:2:1: ", "line 1"},
};

Test(lines, have_no_nul)
{
	static const char text[] = "pass arp\ndrop from 10.0.0.1\0.2\n";
	struct prefilter_rules *rules = NULL;
	struct error error = {""};

	cr_expect_eq(prefilter_rules_parse("rules", text, sizeof(text) - 1, &rules, &error), -22);
	cr_expect_not_null(strstr(error.text, "rules:2:19: '?': a NUL octet"), "%s", error.text);
}

Test(lines, are_refused_with_their_place)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct prefilter_rules *rules = NULL;
		struct error error = {""};

		cr_assert_eq(parse(refused[i][0], &rules, &error), -22, "%s", refused[i][0]);
		cr_expect_null(rules);
		cr_expect_eq(strncmp(error.text, refused[i][1], strlen(refused[i][1])), 0,
			     "%s: %s, not %s", refused[i][0], error.text, refused[i][1]);
		cr_expect_not_null(strstr(error.text, refused[i][2]), "%s: %s lacks %s",
				   refused[i][0], error.text, refused[i][2]);
	}
}

/* `count` lines made of a number each. */
static int parse_many(size_t count, void (*write_line)(FILE *out, size_t number),
		      struct error *error)
{
	struct prefilter_rules *rules = NULL;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int code;

	for (size_t i = 0; i < count; i++)
		write_line(out, i);
	fclose(out);
	code = prefilter_rules_parse("rules", text, size, &rules, error);
	if (code == 0)
		cr_expect_eq(prefilter_rules_count(rules), count);
	prefilter_rules_free(rules);
	free(text);
	return code;
}

static void one_prefix(FILE *out, size_t number)
{
	fprintf(out, "drop from 10.%zu.%zu.%zu\n", number >> 16, number >> 8 & 255, number & 255);
}

static void one_port(FILE *out, size_t number)
{
	fprintf(out, "drop to port %zu\n", number);
}

static void one_limit(FILE *out, size_t number)
{
	fprintf(out, "limit 1 Mbit/s from 10.0.%zu.%zu\n", number >> 8, number & 255);
}

Test(lines, limits_are_told)
{
	struct error error;

	cr_expect_eq(parse_many(262144, one_prefix, &error), 0);
	cr_expect_eq(parse_many(262145, one_prefix, &error), -7);
	cr_expect_not_null(strstr(error.text, "rules:262145:1: too many rules"));
	cr_expect_eq(parse_many(512, one_port, &error), 0);
	cr_expect_eq(parse_many(513, one_port, &error), -7);
	cr_expect_not_null(strstr(error.text, "rules:513:1: "));
	cr_expect_not_null(strstr(error.text, "at most 512"));
	cr_expect_eq(parse_many(4096, one_limit, &error), 0);
	cr_expect_eq(parse_many(4097, one_limit, &error), -7);
	cr_expect_not_null(strstr(error.text, "at most 4096"));
}

Test(lines, files)
{
	struct prefilter_rules *rules = NULL;
	struct error error;

	cr_expect_eq(prefilter_rules_read("/nowhere/rules", &rules, &error), -2);
	cr_expect_not_null(strstr(error.text, "/nowhere/rules: No such file"));
	cr_expect_eq(prefilter_rules_read("/", &rules, &error), -21);
	cr_expect_null(rules);
}

static void expect_sampling(const char *text, bool any, uint32_t every)
{
	struct prefilter_rules *rules = NULL;
	struct prefilter_sampling sampling;

	cr_assert_eq(parse(text, &rules, NULL), 0);
	sampling = prefilter_rules_sampling(rules);
	cr_expect_eq(sampling.any, any, "%s", text);
	cr_expect_eq(sampling.every, every, "%s: %u", text, sampling.every);
	prefilter_rules_free(rules);
}

Test(lines, say_what_a_packet_stands_for)
{
	expect_sampling("", false, 1);
	expect_sampling("drop proto udp\nlimit 1 Gbit/s proto tcp", false, 1);
	expect_sampling("default sample 1/100", true, 100);
	expect_sampling("drop proto udp\npass arp\nanalyse non-ip\ndefault sample 1/100", true,
			100);
	expect_sampling("sample 1/100 proto udp\ndefault drop", true, 100);
	expect_sampling("sample 1/100 proto udp", true, 0);
	expect_sampling("sample 1/100 proto udp\nsample 1/10 proto tcp\ndefault drop", true, 0);
	expect_sampling("limit 1 Gbit/s proto tcp\ndefault sample 1/10", true, 0);
	expect_sampling("limit 1 Gbit/s then pass proto tcp\ndefault sample 1/10", true, 10);
	expect_sampling("default pass", false, 1);
}
