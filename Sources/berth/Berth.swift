import ArgumentParser
import AsyncHTTPClient
import BerthAPI
import Hummingbird
import ServiceLifecycle
import Yams

@main
struct Berth: ParsableCommand {}
