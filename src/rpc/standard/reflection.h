/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.reflection.v1 (and v1alpha, the same messages): lets grpcurl and others see the interface.
 * proto/grpc/reflection.proto. */
#pragma once

#include <stddef.h>

struct reason;
struct rpc_method;
struct rpc_reflection;

/**
 * rpc_reflection_new() - serve these descriptors; put it into struct rpc_service.
 * @set: google.protobuf.FileDescriptorSet, as "protoc --include_imports --descriptor_set_out" makes
 *       it; borrowed as long as the result lives. Trusted: it is our own build's.
 *
 * Return: 0, -EBADMSG, -ENOMEM.
 */
int rpc_reflection_new(const void *set, size_t len, struct rpc_reflection **ret,
		       struct reason *why);
/* Accepts NULL. */
void rpc_reflection_free(struct rpc_reflection *reflection);

/* Its methods take the struct rpc_reflection as userdata. NULL: not a reflection path. */
const struct rpc_method *rpc_reflection_find(const char *path);
