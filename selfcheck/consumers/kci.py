# SPDX-License-Identifier: GPL-2.0-only
"""KernelCI's own code on the suite's entries and results. Run where its config/ is.

usage: kci.py job PLATFORM    prints the LAVA job, as it would be submitted
       kci.py results FILE    prints the path and the result of each node that KernelCI makes
                                   of LAVA's results, "ID RESULT" a line in FILE
"""
import sys

import yaml

import kernelci.config
from kernelci.runtime import Job, get_runtime
from kernelci.runtime.lava import Callback


def print_job(platform):
    configs = kernelci.config.load("config")
    entry, = (e for e in configs["scheduler"] if e.job == "kvm-conformance")
    assert platform in entry.platforms
    node = {
        "id": "1", "name": "kvm-conformance",
        "artifacts": {"kernel": "https://example.org/bzImage",
                      "modules": "https://example.org/modules.tar.xz"},
        "data": {"kernel_revision": {"describe": "v7.3"}, "config_full": "defconfig+kselftest"},
    }
    job = Job(node, configs["jobs"]["kvm-conformance"])
    job.platform_config = configs["platforms"][platform]
    job.storage_config = next(iter(configs["storage_configs"].values()))
    runtime = get_runtime(configs["runtimes"][entry.runtime["name"]],
                          custom_template_dir=sys.argv[3])
    params = runtime.get_params(job, next(iter(configs["api"].values())))
    params.setdefault("nfsroot", "https://example.org/rootfs")
    print(runtime.generate(job, params))


def print_nodes(nodes, path):
    for item in nodes:
        here = path + [item["node"]["name"]]
        if item["child_nodes"]:
            print_nodes(item["child_nodes"], here)
        else:
            print(".".join(here), item["node"]["result"])


def print_results(path):
    with open(path, encoding="ascii") as file:
        cases = [line.split()[:2] for line in file]
    suite = [{"name": name, "result": result, "metadata": {}} for name, result in cases]
    stage = [{"name": "0_kvm-conformance", "result": "pass", "metadata": {}}]
    callback = Callback({"status": 2, "results": {
        "lava": yaml.dump(stage), "0_kvm-conformance": yaml.dump(suite)}})
    node = {"id": "1", "name": "job", "result": "pass", "data": {}}
    tree = callback.get_hierarchy(callback.get_results(), node)
    print_nodes(tree["child_nodes"], [])


print_job(sys.argv[2]) if sys.argv[1] == "job" else print_results(sys.argv[2])
