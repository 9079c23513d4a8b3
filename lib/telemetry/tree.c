/* SPDX-License-Identifier: BSD-3-Clause */
#include "tree.h"

#include <rte_telemetry.h>
#include <rte_version.h>

/* The same functions under the name that the DPDK at hand does not deprecate. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define TREE_COUNT           RTE_TEL_UINT_VAL
#define tree_add_dict_count  rte_tel_data_add_dict_uint
#define tree_add_array_count rte_tel_data_add_array_uint
#else
#define TREE_COUNT           RTE_TEL_U64_VAL
#define tree_add_dict_count  rte_tel_data_add_dict_u64
#define tree_add_array_count rte_tel_data_add_array_u64
#endif

static bool fill_array(struct rte_tel_data *data, const json_t *array)
{
	bool texts = json_is_string(json_array_get(array, 0)), whole = true;
	json_t *value;
	size_t i;

	rte_tel_data_start_array(data, texts ? RTE_TEL_STRING_VAL : TREE_COUNT);
	json_array_foreach(array, i, value) {
		int result =
			texts ? rte_tel_data_add_array_string(data, json_string_value(value))
			      : tree_add_array_count(data, (uint64_t)json_integer_value(value));

		whole = whole && result == 0;
	}
	return whole;
}

static bool add_container(struct rte_tel_data *data, const char *key, const json_t *value)
{
	struct rte_tel_data *container = rte_tel_data_alloc();

	if (container == NULL)
		return false;
	bool whole =
		json_is_object(value) ? tree_fill(container, value) : fill_array(container, value);

	/* Also when it is not whole: then the library frees what is in it. */
	if (rte_tel_data_add_dict_container(data, key, container, 0) == 0)
		return whole;
	rte_tel_data_free(container);
	return false;
}

static bool add_integer(struct rte_tel_data *data, const char *key, json_int_t value)
{
	if (value < 0)
		return rte_tel_data_add_dict_int(data, key, (int)value) == 0;
	return tree_add_dict_count(data, key, (uint64_t)value) == 0;
}

bool tree_fill(struct rte_tel_data *data, const json_t *answer)
{
	bool whole = rte_tel_data_start_dict(data) == 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)answer, key, value) {
		bool added;

		if (json_is_string(value))
			added = rte_tel_data_add_dict_string(data, key, json_string_value(value)) ==
				0;
		else if (json_is_integer(value))
			added = add_integer(data, key, json_integer_value(value));
		else
			added = add_container(data, key, value);
		whole = whole && added;
	}
	return whole;
}
