# SPDX-License-Identifier: Apache-2.0
"""A kubelet's side of volumes, one call a run; prints "CODE: details" and exits 1 when it is refused.
usage: kubelet.py register REGISTRATION-SOCKET
       kubelet.py publish CSI-SOCKET VOLUME TARGET NAMESPACE PROGRAM MAPS [readonly]
       kubelet.py unpublish CSI-SOCKET VOLUME TARGET"""
import sys

import csi_pb2 as csi
import grpc
import registration_pb2 as registration


def call(socket, path, request, answer):
    over = grpc.insecure_channel(f"unix:{socket}", options=[("grpc.default_authority", socket)])
    return over.unary_unary(path, request_serializer=lambda m: m.SerializeToString(),
                            response_deserializer=answer.FromString)(request, timeout=20)


def register(socket):
    info = call(socket, "/pluginregistration.Registration/GetInfo", registration.InfoRequest(), registration.PluginInfo)
    node = call(info.endpoint, "/csi.v1.Node/NodeGetInfo", csi.NodeGetInfoRequest(), csi.NodeGetInfoResponse)
    call(socket, "/pluginregistration.Registration/NotifyRegistrationStatus",
         registration.RegistrationStatus(plugin_registered=True), registration.RegistrationStatusResponse)
    print(info.name, info.endpoint, node.node_id)


def publish(socket, volume, target, namespace, program, maps, readonly=""):
    context = {"csi.storage.k8s.io/pod.name": "web-0", "csi.storage.k8s.io/pod.namespace": namespace,
               "csi.storage.k8s.io/pod.uid": "0f4c", "csi.storage.k8s.io/serviceAccount.name": "default",
               "csi.storage.k8s.io/ephemeral": "true", "program": program, "maps": maps}
    call(socket, "/csi.v1.Node/NodePublishVolume", csi.NodePublishVolumeRequest(
        volume_id=volume, target_path=target, readonly=bool(readonly), volume_context=context,
        volume_capability=csi.VolumeCapability(mount=csi.VolumeCapability.MountVolume())), csi.NodePublishVolumeResponse)


def unpublish(socket, volume, target):
    call(socket, "/csi.v1.Node/NodeUnpublishVolume",
         csi.NodeUnpublishVolumeRequest(volume_id=volume, target_path=target), csi.NodeUnpublishVolumeResponse)


try:
    {"register": register, "publish": publish, "unpublish": unpublish}[sys.argv[1]](*sys.argv[2:])
except grpc.RpcError as e:
    print(f"{e.code().name}: {e.details()}", file=sys.stderr)
    sys.exit(1)
