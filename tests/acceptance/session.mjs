// A scripted session of the AWS SDK for JavaScript: what it did goes to standard output as one JSON object.
import {
  ConnectClient, CreateContactFlowCommand, CreateQueueCommand, DescribeContactCommand, GetContactAttributesCommand,
  GetCurrentMetricDataCommand, GetMetricDataV2Command, ListContactReferencesCommand, ListHoursOfOperationsCommand,
  ListQueuesCommand, SearchContactsCommand, StartChatContactCommand, StartOutboundVoiceContactCommand,
  StartTaskContactCommand, StopContactCommand, TagContactCommand, UpdateContactAttributesCommand,
  paginateListContactFlows,
} from "@aws-sdk/client-connect";
import {
  ConnectParticipantClient, CreateParticipantConnectionCommand, DisconnectParticipantCommand, GetTranscriptCommand,
  SendMessageCommand,
} from "@aws-sdk/client-connectparticipant";
import { CloudWatchClient, GetMetricDataCommand, paginateListMetrics } from "@aws-sdk/client-cloudwatch";
import { LexRuntimeV2Client, RecognizeTextCommand } from "@aws-sdk/client-lex-runtime-v2";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import {
  CreateAliasCommand, CreateFunctionCommand, InvokeCommand, LambdaClient, PublishVersionCommand,
  PutFunctionConcurrencyCommand, waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import {
  BatchGetItemCommand, CreateTableCommand, DeleteTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand,
  QueryCommand, TransactWriteItemsCommand, waitUntilTableExists, waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import {
  GetRequestedServiceQuotaChangeCommand, GetServiceQuotaCommand, ListServiceQuotasCommand,
  RequestServiceQuotaIncreaseCommand, ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";

const { ENDPOINT, INSTANCE, INSTANCE_ARN, FLOW, CHAT_FLOW, ZIP } = process.env;
const config = { endpoint: ENDPOINT, region: "us-east-1", maxAttempts: 1 };
const told = {};
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const eventually = async (ask, wanted) => {
  for (let tries = 0; tries < 50; tries++) {
    const found = await ask();
    if (wanted(found)) return found;
    await pause(0.1);
  }
  throw new Error(`it did not become true in time: ${ask}`);
};

const connect = new ConnectClient(config);
const placed = { InstanceId: INSTANCE, ContactFlowId: FLOW, DestinationPhoneNumber: "+12065550100",
  SourcePhoneNumber: "+12065550199", Attributes: { order: "17 ä€" }, ClientToken: "once" };
const { ContactId } = await connect.send(new StartOutboundVoiceContactCommand(placed));
told.sameContact = (await connect.send(new StartOutboundVoiceContactCommand(placed))).ContactId === ContactId;
const place = { InstanceId: INSTANCE, ContactId };
const { Contact } = await connect.send(new DescribeContactCommand(place));
told.method = Contact.InitiationMethod;
told.isDate = Contact.InitiationTimestamp instanceof Date;
await connect.send(new StopContactCommand(place));
try {
  await connect.send(new StopContactCommand(place));
} catch (error) {
  told.stoppedTwice = [error.name, error.$metadata.httpStatusCode];
}
try {
  await connect.send(new CreateContactFlowCommand({ InstanceId: INSTANCE, Name: "bad", Type: "CONTACT_FLOW",
    Content: JSON.stringify({ Version: "2019-10-30", StartAction: "x", Actions: [] }) }));
} catch (error) {
  told.badFlow = [error.name, (error.problems ?? []).length > 0];
}
told.flows = 0;
for await (const page of paginateListContactFlows({ client: connect, pageSize: 2 }, { InstanceId: INSTANCE })) {
  told.flows += page.ContactFlowSummaryList.length;
}
const { HoursOfOperationSummaryList } = await connect.send(new ListHoursOfOperationsCommand({ InstanceId: INSTANCE }));
const queue = await connect.send(new CreateQueueCommand({ InstanceId: INSTANCE, Name: "From Node",
  HoursOfOperationId: HoursOfOperationSummaryList[0].Id }));
const { QueueSummaryList } = await connect.send(new ListQueuesCommand({ InstanceId: INSTANCE }));
told.queueListed = QueueSummaryList.some((one) => one.Id === queue.QueueId && one.Name === "From Node");
const starts = await Promise.allSettled(Array.from({ length: 20 }, () =>
  connect.send(new StartOutboundVoiceContactCommand({ ...placed, ClientToken: undefined }))));
const refused = starts.filter((one) => one.status === "rejected").map((one) => one.reason);
told.throttled = [refused.length > 0, ...new Set(refused.map((e) => `${e.name} ${e.$metadata.httpStatusCode}`))];

const here = { InstanceId: INSTANCE };
const chat = await connect.send(new StartChatContactCommand({ ...here, ContactFlowId: CHAT_FLOW,
  ParticipantDetails: { DisplayName: "Zoë" }, Attributes: { topic: "bill" } }));
const participant = new ConnectParticipantClient(config);
const { ConnectionCredentials } = await participant.send(new CreateParticipantConnectionCommand({
  ParticipantToken: chat.ParticipantToken, Type: ["CONNECTION_CREDENTIALS"], ConnectParticipant: true }));
const ConnectionToken = ConnectionCredentials.ConnectionToken;
await participant.send(new SendMessageCommand({ ConnectionToken, ContentType: "text/plain", Content: "is it late?" }));
const { Transcript } = await participant.send(new GetTranscriptCommand({ ConnectionToken, MaxResults: 50 }));
told.said = Transcript.filter((one) => one.Type === "MESSAGE" && one.ParticipantRole === "CUSTOMER")
  .map((one) => one.Content).sort();
const chatPlace = { InstanceId: INSTANCE, InitialContactId: chat.ContactId };
await connect.send(new UpdateContactAttributesCommand({ ...chatPlace, Attributes: { vip: "yes" } }));
told.attributes = (await connect.send(new GetContactAttributesCommand(chatPlace))).Attributes;
await participant.send(new DisconnectParticipantCommand({ ConnectionToken }));
const task = await connect.send(new StartTaskContactCommand({ ...here, ContactFlowId: CHAT_FLOW, Name: "call back",
  References: { order: { Type: "URL", Value: "https://example.com/17" } } }));
const taskPlace = { InstanceId: INSTANCE, ContactId: task.ContactId };
await connect.send(new TagContactCommand({ ...taskPlace, Tags: { team: "care" } }));
const { ReferenceSummaryList } = await connect.send(new ListContactReferencesCommand({ ...taskPlace,
  ReferenceTypes: ["URL"] }));
told.references = ReferenceSummaryList.map((one) => one.Url.Value);
const asked = (await connect.send(new DescribeContactCommand(taskPlace))).Contact;
told.task = [asked.Channel, asked.Tags.team];
const ended = async (ContactId) =>
  (await connect.send(new DescribeContactCommand({ ...here, ContactId }))).Contact.DisconnectTimestamp;
await eventually(() => ended(chat.ContactId), (at) => at !== undefined);
const now = Date.now();
const { Contacts } = await connect.send(new SearchContactsCommand({ ...here, MaxResults: 100,
  TimeRange: { Type: "INITIATION_TIMESTAMP", StartTime: new Date(now - 60e3), EndTime: new Date(now + 60e3) } }));
told.found = [ContactId, chat.ContactId, task.ContactId].every((id) => Contacts.some((one) => one.Id === id));
const { MetricResults } = await connect.send(new GetMetricDataV2Command({ ResourceArn: INSTANCE_ARN,
  StartTime: new Date(now - 3600e3), EndTime: new Date(now),
  Filters: [{ FilterKey: "FLOWS_RESOURCE_ID", FilterValues: [CHAT_FLOW] }], Groupings: ["CHANNEL"],
  Metrics: [{ Name: "FLOWS_STARTED" }] }));
told.created = MetricResults.filter((one) => one.Dimensions.CHANNEL === "CHAT")
  .map((one) => one.Collections[0].Value);
const current = await connect.send(new GetCurrentMetricDataCommand({ ...here,
  Filters: { Queues: [queue.QueueId], Channels: ["VOICE"] },
  CurrentMetrics: [{ Name: "CONTACTS_IN_QUEUE", Unit: "COUNT" }] }));
told.inQueue = current.MetricResults.flatMap((one) => one.Collections.map((each) => each.Value));
told.contacts = { voice: ContactId, chat: chat.ContactId };

const cloudwatch = new CloudWatchClient(config);
const ofInstance = [{ Name: "InstanceId", Value: INSTANCE }, { Name: "MetricGroup", Value: "VoiceCalls" }];
const { MetricDataResults } = await cloudwatch.send(new GetMetricDataCommand({
  StartTime: new Date(now - 300e3), EndTime: new Date(now + 60e3), MetricDataQueries: [{ Id: "calls", MetricStat: {
    Metric: { Namespace: "AWS/Connect", MetricName: "ConcurrentCalls", Dimensions: ofInstance },
    Period: 60, Stat: "Maximum" } }] }));
told.concurrent = Math.max(...MetricDataResults[0].Values) >= 1 && MetricDataResults[0].Timestamps[0] instanceof Date;
told.metrics = false;
for await (const page of paginateListMetrics({ client: cloudwatch }, { Namespace: "AWS/Connect" })) {
  told.metrics ||= page.Metrics.some((one) => one.MetricName === "ConcurrentCalls");
}
const lex = new LexRuntimeV2Client({ ...config, requestHandler: new NodeHttpHandler() });  // else it speaks HTTP/2
const heard = await lex.send(new RecognizeTextCommand({ botId: "BOT2345678", botAliasId: "ALIAS23456", localeId: "en_US",
  sessionId: "caller-1", text: "OrderStatus" }));
told.intent = heard.sessionState.intent.name;

const lambda = new LambdaClient(config);
await lambda.send(new CreateFunctionCommand({ FunctionName: "from-node", Runtime: "python3.12",
  Role: "arn:aws:iam::123456789012:role/r", Handler: "app.handler", Code: { ZipFile: Buffer.from(ZIP, "base64") } }));
const answer = await lambda.send(new InvokeCommand({ FunctionName: "from-node", LogType: "Tail",
  Payload: JSON.stringify({ n: 20 }) }));
told.invoked = JSON.parse(Buffer.from(answer.Payload).toString());
told.logged = Buffer.from(answer.LogResult, "base64").toString().includes("REPORT RequestId");
await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10 }, { FunctionName: "from-node" });
const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: "from-node" }));
await lambda.send(new CreateAliasCommand({ FunctionName: "from-node", Name: "live", FunctionVersion: Version }));
const aliased = await lambda.send(new InvokeCommand({ FunctionName: "from-node", Qualifier: "live",
  Payload: JSON.stringify({ n: 1 }) }));
told.aliased = [aliased.ExecutedVersion, JSON.parse(Buffer.from(aliased.Payload).toString())];
await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: "from-node", ReservedConcurrentExecutions: 0 }));
try {
  await lambda.send(new InvokeCommand({ FunctionName: "from-node" }));
} catch (error) {
  told.functionThrottled = [error.name, error.Reason];
}

const dynamodb = new DynamoDBClient(config);
await dynamodb.send(new CreateTableCommand({ TableName: "tab", BillingMode: "PAY_PER_REQUEST",
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }] }));
try {
  await dynamodb.send(new PutItemCommand({ TableName: "tab", Item: { pk: { S: "early" } } }));
} catch (error) {
  told.early = error.name;
}
await waitUntilTableExists({ client: dynamodb, maxWaitTime: 20, minDelay: 1 }, { TableName: "tab" });
const item = { pk: { S: "1" }, b: { B: new Uint8Array([0, 255]) }, n: { N: "1.5" } };
await dynamodb.send(new PutItemCommand({ TableName: "tab", Item: item }));
const got = (await dynamodb.send(new GetItemCommand({ TableName: "tab", Key: { pk: { S: "1" } } }))).Item;
told.item = [got.n.N, Array.from(got.b.B)];
told.count = (await dynamodb.send(new QueryCommand({ TableName: "tab", KeyConditionExpression: "pk = :p",
  ExpressionAttributeValues: { ":p": { S: "1" } } }))).Count;
const written = (n) => ({ Put: { TableName: "tab", Item: { pk: { S: n } }, ConditionExpression: "attribute_not_exists(pk)" } });
await dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [written("2"), written("3")] }));
try {
  await dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [written("4"), written("2")] }));
} catch (error) {
  told.cancelled = [error.name, error.CancellationReasons.map((one) => one.Code)];
}
told.batch = (await dynamodb.send(new BatchGetItemCommand({ RequestItems: { tab: {
  Keys: ["1", "2", "3", "4"].map((n) => ({ pk: { S: n } })) } } }))).Responses.tab.length;
await dynamodb.send(new DeleteTableCommand({ TableName: "tab" }));
await waitUntilTableNotExists({ client: dynamodb, maxWaitTime: 20, minDelay: 1 }, { TableName: "tab" });

const quotas = new ServiceQuotasClient(config);
const calls = { ServiceCode: "connect", QuotaCode: "L-12AB7C57", ContextId: INSTANCE_ARN };
told.quota = (await quotas.send(new GetServiceQuotaCommand(calls))).Quota.Value;
const { RequestedQuota } = await quotas.send(new RequestServiceQuotaIncreaseCommand({ ...calls, DesiredValue: 20 }));
told.increase = RequestedQuota.Status;
const approved = await eventually(
  async () => (await quotas.send(new GetRequestedServiceQuotaChangeCommand({ RequestId: RequestedQuota.Id }))).RequestedQuota,
  (one) => one.Status === "APPROVED");
told.applied = [approved.DesiredValue, (await quotas.send(new GetServiceQuotaCommand(calls))).Quota.Value];
told.quotas = (await quotas.send(new ListServiceQuotasCommand({ ServiceCode: "lambda" }))).Quotas.length > 0;

for (const [name, secret] of [["wrongSecret", "wrong"], ["wrongKey", process.env.AWS_SECRET_ACCESS_KEY]]) {
  const credentials = { accessKeyId: name === "wrongKey" ? "AKIDNOBODY" : process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: secret };
  try {
    await new ConnectClient({ ...config, credentials }).send(new ListQueuesCommand({ InstanceId: INSTANCE }));
  } catch (error) {
    told[name] = [error.name, error.$metadata.httpStatusCode];
  }
}
console.log(JSON.stringify(told));
