/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_SERVER_H
#define RPC_SERVER_H
/* A sentence may end in a word and a semicolon; */
#endif
