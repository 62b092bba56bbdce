// A control plane of go-control-plane, its snapshot cache and its server as they are, for ci/xds_conformance.
//
//	xds_server -port 0 [-ordered] [-heartbeat 200ms]
//
// A line on stdin changes what it serves: {TYPE URL: {"version": "2", "ttl_ms": 0, "resources": [{"@type": ..}]}}.
// Types that are not in it stay as they are. On stdout, a JSON object a line: the port, and all that the
// callbacks of the server hear. It ends with stdin.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"sync"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	clusters "github.com/envoyproxy/go-control-plane/envoy/service/cluster/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	endpoints "github.com/envoyproxy/go-control-plane/envoy/service/endpoint/v3"
	listeners "github.com/envoyproxy/go-control-plane/envoy/service/listener/v3"
	routes "github.com/envoyproxy/go-control-plane/envoy/service/route/v3"
	secrets "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/config"
	"github.com/envoyproxy/go-control-plane/pkg/server/sotw/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// Everybody is served the same.
type everyNode struct{}

func (everyNode) ID(*core.Node) string { return "all" }

type eventLog struct{ lock sync.Mutex }

func (events *eventLog) say(fields map[string]any) {
	line, err := json.Marshal(fields)
	if err != nil {
		log.Fatal(err)
	}
	events.lock.Lock()
	defer events.lock.Unlock()
	fmt.Println(string(line))
}

func (events *eventLog) request(stream int64, message proto.Message) error {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
	if err != nil {
		return err
	}
	events.say(map[string]any{"stream": stream, "request": json.RawMessage(text)})
	return nil
}

// How many of the resources are heartbeats: a name and a time to live, and nothing else.
func heartbeats(resources []*anypb.Any) int {
	count := 0
	for _, resource := range resources {
		wrapped := &discovery.Resource{}
		if resource.MessageIs(wrapped) && resource.UnmarshalTo(wrapped) == nil && wrapped.Resource == nil {
			count++
		}
	}
	return count
}

func (events *eventLog) callbacks() server.Callbacks {
	return server.CallbackFuncs{
		StreamOpenFunc: func(_ context.Context, stream int64, typeURL string) error {
			events.say(map[string]any{"stream": stream, "opens": typeURL, "delta": false})
			return nil
		},
		DeltaStreamOpenFunc: func(_ context.Context, stream int64, typeURL string) error {
			events.say(map[string]any{"stream": stream, "opens": typeURL, "delta": true})
			return nil
		},
		StreamRequestFunc: func(stream int64, request *discovery.DiscoveryRequest) error {
			return events.request(stream, request)
		},
		StreamDeltaRequestFunc: func(stream int64, request *discovery.DeltaDiscoveryRequest) error {
			return events.request(stream, request)
		},
		StreamResponseFunc: func(_ context.Context, stream int64, _ *discovery.DiscoveryRequest, response *discovery.DiscoveryResponse) {
			events.say(map[string]any{"stream": stream, "response": map[string]any{
				"type_url": response.TypeUrl, "version_info": response.VersionInfo, "nonce": response.Nonce,
				"resources": len(response.Resources), "heartbeats": heartbeats(response.Resources)}})
		},
		StreamDeltaResponseFunc: func(stream int64, _ *discovery.DeltaDiscoveryRequest, response *discovery.DeltaDiscoveryResponse) {
			names := []string{}
			for _, resource := range response.Resources {
				names = append(names, resource.Name)
			}
			events.say(map[string]any{"stream": stream, "response": map[string]any{
				"type_url": response.TypeUrl, "nonce": response.Nonce, "resources": len(names), "names": names,
				"removed": response.RemovedResources}})
		},
	}
}

type served struct {
	Version   string            `json:"version"`
	TTLMs     int64             `json:"ttl_ms"`
	Resources []json.RawMessage `json:"resources"`
}

func (group served) parse() (cache.Resources, error) {
	items := []types.ResourceWithTTL{}
	for _, text := range group.Resources {
		packed := &anypb.Any{}
		if err := protojson.Unmarshal(text, packed); err != nil {
			return cache.Resources{}, err
		}
		message, err := packed.UnmarshalNew()
		if err != nil {
			return cache.Resources{}, err
		}
		item := types.ResourceWithTTL{Resource: message}
		if group.TTLMs > 0 {
			ttl := time.Duration(group.TTLMs) * time.Millisecond
			item.TTL = &ttl
		}
		items = append(items, item)
	}
	return cache.NewResourcesWithTTL(group.Version, items), nil
}

// The snapshot with the types of that line in the place of its own.
func changed(snapshot cache.Snapshot, line []byte) (cache.Snapshot, error) {
	groups := map[string]served{}
	if err := json.Unmarshal(line, &groups); err != nil {
		return snapshot, err
	}
	for typeURL, group := range groups {
		place := cache.GetResponseType(typeURL)
		if place == types.UnknownType {
			return snapshot, fmt.Errorf("unknown type %q", typeURL)
		}
		resources, err := group.parse()
		if err != nil {
			return snapshot, fmt.Errorf("%s: %w", typeURL, err)
		}
		snapshot.Resources[place] = resources
	}
	snapshot.VersionMap = nil
	return snapshot, nil
}

func register(listening *grpc.Server, control server.Server) {
	discovery.RegisterAggregatedDiscoveryServiceServer(listening, control)
	clusters.RegisterClusterDiscoveryServiceServer(listening, control)
	endpoints.RegisterEndpointDiscoveryServiceServer(listening, control)
	listeners.RegisterListenerDiscoveryServiceServer(listening, control)
	routes.RegisterRouteDiscoveryServiceServer(listening, control)
	secrets.RegisterSecretDiscoveryServiceServer(listening, control)
}

func main() {
	port := flag.Int("port", 0, "where to listen on 127.0.0.1; 0: any free one")
	ordered := flag.Bool("ordered", false, "for aggregated streams: the cache's ADS mode and ordered responses")
	heartbeat := flag.Duration("heartbeat", 0, "how often to send heartbeats of what has a time to live")
	flag.Parse()
	log.SetFlags(0)

	ctx := context.Background()
	events := &eventLog{}
	store := cache.NewSnapshotCache(*ordered, everyNode{}, nil)
	if *heartbeat > 0 {
		store = cache.NewSnapshotCacheWithHeartbeating(ctx, *ordered, everyNode{}, nil, *heartbeat)
	}
	options := []config.XDSOption{}
	if *ordered {
		options = append(options, sotw.WithOrderedADS())
	}
	listening := grpc.NewServer()
	register(listening, server.NewServer(ctx, store, events.callbacks(), options...))
	socket, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}

	lines := bufio.NewReader(os.Stdin)
	snapshot := cache.Snapshot{}
	for isFirst := true; ; isFirst = false {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		if snapshot, err = changed(snapshot, line); err != nil {
			log.Fatal(err)
		}
		next := snapshot // the cache keeps what it is given, and reads it later
		if err = store.SetSnapshot(ctx, "all", &next); err != nil {
			log.Fatal(err)
		}
		if isFirst { // nobody is answered before there is something to say
			events.say(map[string]any{"port": socket.Addr().(*net.TCPAddr).Port})
			go func() { log.Fatal(listening.Serve(socket)) }()
		}
	}
}
