/* SPDX-License-Identifier: BSD-3-Clause */
/* URLs of --export: what they say, and what is wrong with those that are. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/export_kind.h>
#include <weir/export_url.h>

static struct export_url url;

static void parses(const char *text)
{
	struct error error = {0};

	cr_assert_eq(export_url_parse(text, &url, &error), 0, "%s: %s", text, error.text);
}

Test(urls, all_parts)
{
	parses("kafka+tls://one:1,[2001:db8::1]:65535,three.example/"
	       "a%2Fb%20c?x=&long-name=a%26b=%25");
	cr_expect_str_eq(url.scheme, "kafka+tls");
	cr_expect_str_eq(url.transport, "tls");
	cr_assert_eq(url.host_count, 3);
	cr_expect_str_eq(url.hosts[0].name, "one");
	cr_expect_eq(url.hosts[0].port, 1);
	cr_expect_str_eq(url.hosts[1].name, "2001:db8::1");
	cr_expect_eq(url.hosts[1].port, 65535);
	cr_expect_str_eq(url.hosts[2].name, "three.example");
	cr_expect_eq(url.hosts[2].port, 0);
	cr_expect_str_eq(url.path, "a/b c");
	cr_assert_eq(url.setting_count, 2);
	cr_expect_str_eq(url.settings[0].name, "x");
	cr_expect_str_eq(url.settings[0].value, "");
	cr_expect_str_eq(url.settings[1].name, "long-name");
	cr_expect_str_eq(url.settings[1].value, "a&b=%");
}

Test(urls, few_parts)
{
	parses("json:");
	cr_expect_str_eq(url.scheme, "json");
	cr_expect_str_eq(url.transport, "");
	cr_expect_eq(url.host_count, 0);
	cr_expect_str_eq(url.path, "");
	parses("json+unix:?buffer=1");
	cr_expect_str_eq(url.scheme, "json+unix");
	cr_expect_eq(url.setting_count, 1);
	parses("udp://[fe80::1%25eth0]");
	cr_expect_str_eq(url.hosts[0].name, "fe80::1%eth0");
	parses("udp://192.0.2.1/");
	cr_expect_str_eq(url.hosts[0].name, "192.0.2.1");
	cr_expect_str_eq(url.path, "");
}

Test(urls, mistakes)
{
	static const struct {
		const char *text, *words;
	} wrong[] = {
		{"", "no scheme in front"},
		{"192.0.2.1", "no scheme in front"},
		{"//host", "no scheme in front"},
		{"udp:host", "no \"//\" in front of \"host\"; write udp://HOST, or leave it out"},
		{"udp://", "a host without a name"},
		{"udp://a,,b", "a host without a name"},
		{"udp://:1", "a host without a name"},
		{"udp://2001:db8::1", "write an IPv6 address in brackets: [2001:db8::1]"},
		{"udp://[2001:db8::1", "a bracket is missing"},
		{"udp://[2001:db8::g]", "[2001:db8::g]: not an IPv6 address"},
		{"udp://[192.0.2.1]", "[192.0.2.1]: not an IPv6 address"},
		{"udp://[]", "[]: not an IPv6 address"},
		{"udp://[::1]1", "\"1\" behind ::1: write [ADDRESS]:PORT"},
		{"udp://a b", "\" \" is in no host's name"},
		{"udp://a%20b", "\"%\" is in no host's name"},
		{"udp://me:secret@host", "what is secret does not belong in front of a host"},
		{"udp://host:0", "host: \"0\" is no port from 1 to 65535"},
		{"udp://host:65536", "no port from 1 to 65535"},
		{"udp://host:", "no port from 1 to 65535"},
		{"udp://host:-1", "no port from 1 to 65535"},
		{"udp://host:1x", "no port from 1 to 65535"},
		{"udp://host:99999999999999999999", "no port from 1 to 65535"},
		{"udp://host/%", "\"%\": not an octet as %20 is"},
		{"udp://host/%2", "\"%2\": not an octet"},
		{"udp://host/%zz", "\"%zz\": not an octet"},
		{"udp://host/%00", "\"%00\": not an octet"},
		{"udp://host?", "\"\" behind \"?\" or \"&\": write NAME=VALUE"},
		{"udp://host?mtu", "\"mtu\" behind \"?\""},
		{"udp://host?=1", "\"=1\" behind"},
		{"udp://host?a=1&", "\"\" behind"},
		{"udp://host?a=1&b=2&a=3", "a: given twice"},
		{"udp://host?a=%1", "\"%1\": not an octet"},
		{"udp://1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "more than 16 hosts"},
	};
	struct error error;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		error.text[0] = '\0';
		cr_expect_eq(export_url_parse(wrong[i].text, &url, &error), -EINVAL, "%s",
			     wrong[i].text);
		cr_expect_not_null(strstr(error.text, wrong[i].words), "%s: %s", wrong[i].text,
				   error.text);
	}
}

Test(urls, too_long_or_too_many)
{
	char text[EXPORT_URL_MAX + 100] = "udp://host/";
	struct error error;

	memset(text + strlen(text), 'x', EXPORT_URL_MAX);
	cr_expect_eq(export_url_parse(text, &url, &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "longer than 2048"));
	text[EXPORT_URL_MAX - 1] = '\0';
	cr_expect_eq(export_url_parse(text, &url, &error), 0);

	strcpy(text, "udp://host?a=b");
	for (int i = 0; i < EXPORT_SETTINGS_MAX; i++)
		sprintf(text + strlen(text), "&n%d=", i);
	cr_expect_eq(export_url_parse(text, &url, &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "more than 32 settings"));
}

/* Every kind: its rows can be read, and no two share a scheme. */
Test(urls, kinds)
{
	for (const struct export_kind *const *kind = export_kinds; *kind != NULL; kind++) {
		const struct option_table *settings = &(*kind)->settings;
		struct error error = {0};
		void *into;

		if ((*kind)->missing != NULL)
			continue;
		into = calloc(1, settings->size);
		cr_expect_eq(options_take_defaults(settings, into, &error), 0, "%s", error.text);
		cr_assert_gt(settings->count, 0);
		cr_expect_str_eq(settings->rows[0].name, "buffer");
		cr_expect_geq(((struct export_common *)into)->buffer, 16384);
		free(into);
		for (const char *const *scheme = (*kind)->schemes; *scheme != NULL; scheme++)
			for (const struct export_kind *const *other = export_kinds; other != kind;
			     other++)
				for (const char *const *its = (*other)->schemes; *its != NULL;
				     its++)
					cr_expect_str_neq(*its, *scheme);
	}
}

Test(urls, what_a_kind_does_not_take)
{
	static const struct {
		const char *text, *words;
	} wrong[] = {
		{"ftp://host", "--export ftp://host: ftp: there is no such kind; use one of "},
		{"json+tcp://host", "--export json+tcp://host: no port; write HOST:PORT"},
		{"json+tcp:", "no host; write json+tcp://HOST:PORT"},
		{"json+tcp://a:1,b:2", "2 hosts, where 1 can be; give --export for each"},
		{"json+tcp://a:1/x", "/x: there is no path"},
		{"json+tcp://a:1?mtu=9", "json+tcp: has no setting \"mtu\""},
		{"json+tcp://a:1?buffer=0",
		 "--export json+tcp://a:1: buffer 0: not a whole number from 512"},
		{"json+tcp://a:1?buffer=", "buffer: its value is empty"},
		{"json+tls://a:1?verify=maybe",
		 "verify maybe: there is no such verify; use yes or no"},
		{"json+tcp://a:b?key=secret", "--export json+tcp://a:b: a: \"b\" is no port"},
	};
	struct error error;

	cr_expect_eq(export_check("json+tcp://a:1?buffer=512", &error), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		error.text[0] = '\0';
		cr_expect_eq(export_check(wrong[i].text, &error), -EINVAL, "%s", wrong[i].text);
		cr_expect_not_null(strstr(error.text, wrong[i].words), "%s: %s", wrong[i].text,
				   error.text);
	}
}
